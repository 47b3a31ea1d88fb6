"""A sensitivity study as tables, figures and lines to print."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rich.table import Table as Grid
from rich.text import Text

from urbsim.analysis.sensitivity import MEASURES
from urbsim.analysis.sensitivity_run import BLOCKS, Asked, Sensitivity
from urbsim.output.folder import (
    COLUMNS,
    SENSITIVITY_TABLES,
    columns_of,
    origin_facts,
    run_facts,
    write_facts,
    write_table,
)
from urbsim.output.tables.run import Cell, Table
from urbsim.study.factor import Factor
from urbsim.study.place import NO_SET
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

if TYPE_CHECKING:
    from urbsim.output.figures.factors import Effects, Tornado

STRONGEST = 10  # factors that are printed for a target
MIXED = 0.5  # [-] of mu*: where |mu| is smaller, a factor works either way
_STRENGTH = {"morris": "mu_star", "sobol": "ST"}
_FACTOR = Words(zh="因素", en="factor")
_POINTS = Words(zh="百分点", en="percentage points")


def write_sensitivity(folder: Path, found: Sensitivity, languages: Sequence[Language]) -> None:
    """Write tables, figures (in `languages`; none, no figures) and `run.json` into a folder that is there."""
    made = (effect_table(found), factor_table(found), failure_table(found))
    tables = dict(zip(SENSITIVITY_TABLES, made, strict=True))
    tables[COLUMNS] = columns_of(tables, found.task.study.indicators)
    for name, table in tables.items():
        write_table(folder / name, table)
    if languages:
        from urbsim.output.figures.factors import write_tornados

        write_tornados(folder / "figures", [*tornados(found)], [*effects_over_time(found)], languages)
    asking = found.asking
    facts = {
        **run_facts([found.place], asking.solver, asking.tolerance, found.seconds, "urbsim sensitivity"),
        "scenarios": [origin_facts(found.task.outcome)],
        "method": asking.method,
        "n": found.design.n,
        "seed": asking.seed,
        "factors": len(found.drawn),
        "effects": len(found.effects),
        "runs": found.runs,
        "failures": len(found.failures),
    }
    write_facts(folder, facts)


def effect_table(found: Sensitivity) -> Table:
    """Give the measures of every effect by indicator, region and year, a row each.

    `target_year` marks the years that a target is for, `n` says of how many whole trajectories or rows of
    the base sample a measure is.
    """
    names = MEASURES[found.asking.method]
    header = (
        *("scenario", "region", "indicator", "unit", "year", "target_year", "factor", "method"),
        *(*names, "n", "parameter_set", "base_year"),
    )
    outcome = found.task.outcome
    origin = (outcome.parameter_set or NO_SET, outcome.base_year)
    rows: list[tuple[Cell, ...]] = []
    for position, one in enumerate(found.asked):
        marked = one.years(found.years[-1])
        for number, year in enumerate(found.years):
            for column, effect in enumerate(found.effects):
                measures = found.measures[position, number, :, column]
                rows.append(
                    (
                        *(outcome.name, one.area, one.indicator.id, one.indicator.unit, year, year in marked),
                        *(effect.label, found.asking.method),
                        *(_cell(value) for value in measures),
                        *(int(found.used[position, number]), *origin),
                    )
                )
    return header, rows


def factor_table(found: Sensitivity) -> Table:
    """Give every factor with its distribution, a row each; without ends of its own, `low` or `high` is empty.

    `effect` is what `sensitivity.csv` calls it: correlated factors have one effect together, and many draws
    of one name are counted rather than named.
    """
    header = ("factor", "effect", "kind", "name", "region", "unit", "distribution", "low", "high")
    rows: list[tuple[Cell, ...]] = [
        (
            *(factor.label, effect.label, factor.kind, factor.name, factor.region, factor.unit),
            *(_distribution(factor), _cell(factor.distribution.lowest), _cell(factor.distribution.highest)),
        )
        for effect in found.effects
        for factor in effect.factors
    ]
    return header, rows


def failure_table(found: Sensitivity) -> Table:
    """Give the runs that did not come to an end, each with the reason and the values of its factors."""
    header = ("run", "reason", *(factor.label for factor in found.drawn))
    rows: list[tuple[Cell, ...]] = [
        (run, why, *(float(value) for value in found.values[:, run]))
        for run, why in sorted(found.failures.items())
    ]
    return header, rows


def printed(found: Sensitivity, language: Language) -> Iterator[Grid | str]:
    """Give a table of the strongest factors for each target, and what it took."""
    for position, one in enumerate(found.asked):
        targets: list[Target | None] = [*one.targets]
        for target in targets or [None]:
            yield from _printed_one(found, position, one, target, language)
    yield _took(found, language)
    if found.failures:
        yield _failed(found, language)


def tornados(found: Sensitivity) -> Iterator[Tornado]:
    """Give what is drawn of each target: one figure for each year of an indicator in an area."""
    from urbsim.output.figures.areas import Area
    from urbsim.output.figures.factors import Bar, Tornado

    for position, one in enumerate(found.asked):
        for year in one.years(found.years[-1]):
            measures = _at(found, position, year)
            strength = measures[_STRENGTH[found.asking.method]]
            confidence = measures[f"{_STRENGTH[found.asking.method]}_conf"]
            sobol = found.asking.method == "sobol"
            yield Tornado(
                scenario=found.task.scenario.title,
                area=Area(place=found.place.name, name=one.area, title=found.place.area_title(one.area)),
                indicator=one.indicator,
                year=year,
                method=found.asking.method,
                bars=tuple(
                    Bar(
                        factor=effect.title,
                        effect=float(strength[i]),
                        confidence=float(confidence[i]),
                        first=float(measures["S1"][i]) if sobol else None,
                        first_confidence=float(measures["S1_conf"][i]) if sobol else None,
                        direction=None if sobol else direction(float(measures["mu"][i]), float(strength[i])),
                    )
                    for i, effect in enumerate(found.effects)
                    if math.isfinite(strength[i])
                ),
                factors=len(found.drawn),
                runs=int(found.used[position, found.years.index(year)]) * found.design.block,
            )


def effects_over_time(found: Sensitivity) -> Iterator[Effects]:
    """Give what is drawn of each indicator in an area over the years."""
    from urbsim.output.figures.areas import Area
    from urbsim.output.figures.factors import Effects

    row = MEASURES[found.asking.method].index(_STRENGTH[found.asking.method])
    for position, one in enumerate(found.asked):
        yield Effects(
            scenario=found.task.scenario.title,
            area=Area(place=found.place.name, name=one.area, title=found.place.area_title(one.area)),
            indicator=one.indicator,
            method=found.asking.method,
            years=np.array(found.years, dtype=float),
            factors=tuple(effect.title for effect in found.effects),
            effects=found.measures[position, :, row].T,
        )


def direction(mu: float, mu_star: float) -> Literal[-1, 0, 1] | None:
    """Say whether a factor raises an output (1), lowers it (-1) or does either (0), by Morris.

    None for factors together, of which each goes its own way.

    Examples
    --------
    >>> direction(-2.0, 2.1), direction(0.3, 2.1), direction(float("nan"), 2.1)
    (-1, 0, None)
    """
    if not math.isfinite(mu):
        return None
    if abs(mu) < MIXED * mu_star:
        return 0
    return 1 if mu > 0 else -1


def _at(found: Sensitivity, position: int, year: int) -> dict[str, Any]:
    """Give the measures of a year by name."""
    values = found.measures[position, found.years.index(year)]
    return dict(zip(MEASURES[found.asking.method], values, strict=True))


def _printed_one(
    found: Sensitivity, position: int, one: Asked, target: Target | None, language: Language
) -> Iterator[Grid | str]:
    year = target.year if target else found.years[-1]
    measures = _at(found, position, year)
    strength = np.nan_to_num(measures[_STRENGTH[found.asking.method]])
    order = [int(i) for i in np.argsort(-strength, kind="stable")[:STRONGEST] if strength[i] > 0]
    yield _heading(found, one, target, year, language)
    if not order:
        yield "  没有因素影响它。" if language == "zh" else "  no factor moves it"
        return
    sobol = found.asking.method == "sobol"
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column(_FACTOR[language])
    for name in ("ST", "±", "S1", "±") if sobol else ("mu*", "±", "mu", "sigma"):
        grid.add_column(name, justify="right")
    shown = ("ST", "ST_conf", "S1", "S1_conf") if sobol else ("mu_star", "mu_star_conf", "mu", "sigma")
    for i in order:
        numbers = (Text(_number(float(measures[name][i]))) for name in shown)
        grid.add_row(Text(found.effects[i].title[language]), *numbers)
    yield grid


def _heading(found: Sensitivity, one: Asked, target: Target | None, year: int, language: Language) -> str:
    area, name = found.place.area_title(one.area)[language], one.indicator.name[language]
    unit = _POINTS[language] if one.indicator.unit == "%" else unit_name(one.indicator.unit, language)
    of = f" [{unit}]" if unit and found.asking.method == "morris" else ""
    wish = ""
    if target is not None:
        sign = {"~": "约" if language == "zh" else "about ", ">=": "≥ ", "<=": "≤ "}[target.operator]
        wish = f": {sign}{quantity(target.value, one.indicator.unit, language=language, long=True)}"
    if language == "zh":
        return f"{area}{name}，{year}年{wish.replace(': ', '：')}{of}"
    return f"{area}, {name}, {year}{wish}{of}"


def _took(found: Sensitivity, language: Language) -> str:
    method = {"morris": "Morris", "sobol": "Sobol'"}[found.asking.method]
    count, effects, seconds = len(found.drawn), len(found.effects), f"{found.seconds:.1f}"
    if language == "zh":
        of = f"{count}个因素" if effects == count else f"{count}个因素的{effects}项效应"
        return f"{method}法：{of}，{found.runs:,}次模拟，{seconds}秒。"
    of = f"{count} factor{'s' * (count > 1)}"
    of = of if effects == count else f"{effects} effect{'s' * (effects > 1)} of {of}"
    return f"{method}: {of}, {found.runs:,} runs, {seconds} s."


def _failed(found: Sensitivity, language: Language) -> str:
    first = min(found.failures)
    why = found.failures[first]
    left = found.design.n - len({run // found.design.block for run in found.failures})
    if language == "zh":
        return f"{len(found.failures)}次模拟失败，可用{left}/{found.design.n}组。第{first}次：{why}"
    count = len(found.failures)
    used = f"{left} of {found.design.n} {BLOCKS[found.asking.method]}"
    return f"{count} run{'s' * (count > 1)} failed, and {used} are used. Run {first}: {why}"


def _distribution(factor: Factor) -> str:
    given = factor.distribution
    text = f"{given.kind} {', '.join(map(str, given.amounts))}"
    if given.weights:
        text += f" (weights {', '.join(f'{weight:g}' for weight in given.weights)})"
    if given.within:
        text += f" (within {given.within[0]} to {given.within[1]})"
    return text


def _number(value: float) -> str:
    return "" if not math.isfinite(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _cell(value: float) -> Cell:
    return float(value) if math.isfinite(value) else None
