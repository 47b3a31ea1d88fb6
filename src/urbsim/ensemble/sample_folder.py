"""Write the results folder of a sample."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urbsim.ensemble.recipe import LIBRARIES, content_of
from urbsim.ensemble.sampling import Sampled, Sampling
from urbsim.ensemble.summary import PERCENTILES, Outside, Spread, find_outside, spreads
from urbsim.output.folder import COLUMNS, SAMPLE_TABLES, origin_facts, run_facts, write_facts, write_table
from urbsim.output.tables.dictionary import column_table
from urbsim.output.tables.run import Cell
from urbsim.study.error_band import margins_at
from urbsim.study.factor import Factor
from urbsim.study.indicator import Indicator
from urbsim.study.place import NO_SET
from urbsim.study.uncertain import Correlated
from urbsim.study.words import Language

log = logging.getLogger(__name__)

MOST_DRAWS = 100_000  # runs of a table of draws; a longer one is better drawn again
ORIGIN = ("parameter_set", "base_year")
HEAD = ("scenario", "region", "indicator", "unit", "year")
MANY_FANS = 24  # figures of one sample; districts have targets by the hundred

Rows = Iterator[Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How the runs came about.

    Parameters
    ----------
    names
        Folder of the runs of each scenario below `runs`.
    runs, seconds
        Runs that were done this time, and the wall time that they took.
    jobs, cluster
        Processes of this machine, and address of a Dask scheduler, that did them.
    """

    names: tuple[str, ...]
    runs: int
    seconds: float
    jobs: int
    cluster: str | None


def write_sample(
    folder: Path,
    sampled: Sequence[Sampled],
    sampling: Sampling,
    made: Made,
    languages: Sequence[Language],
) -> tuple[tuple[Outside, ...], ...]:
    """Write tables, figures and `run.json` beside the runs that are in the folder already.

    Returns
    -------
    For each scenario, how the series of its targets compare with what was observed.
    """
    pictured = [(i, *pair) for i, one in enumerate(sampled) for pair in _pictured(one, sampling)]
    judged = [(i, *pair) for i, one in enumerate(sampled) for pair in _judged(one)]
    shown: dict[tuple[int, str, str], Spread | None] = dict.fromkeys((*pictured, *judged))
    percentiles = tuple(f"p{p:02d}" for p in PERCENTILES)
    header = (*HEAD, "runs", "mean", "sd", *percentiles, *ORIGIN)
    write_table(folder / "percentiles.csv", (header, _percentile_rows(sampled, shown, made.jobs)))
    chances = (
        *("scenario", "region", "indicator", "unit", "year", "operator", "target", "runs", "met"),
        *("probability", "standard_error", "low", "high"),
        *("gap_p05", "gap_p50", "gap_p95", "margin", "source", *ORIGIN),
    )
    write_table(folder / "probabilities.csv", (chances, _probability_rows(sampled)))
    labels = tuple(dict.fromkeys(factor.label for one in sampled for factor in one.member.factors))
    every = range(sampling.runs) if sampling.runs <= MOST_DRAWS else range(0)
    draws, failures = ("scenario", "run", *labels), ("scenario", "run", "reason", *labels)
    write_table(
        folder / "draws.csv", (draws, (row for one in sampled for row in _draw_rows(one, every, labels)))
    )
    write_table(
        folder / "failures.csv", (failures, (row for one in sampled for row in _failure_rows(one, labels)))
    )
    columns = dict(zip(SAMPLE_TABLES, (header, chances, draws, failures), strict=True))
    indicators = (indicator for one in sampled for indicator in one.member.task.study.indicators)
    write_table(folder / COLUMNS, column_table(columns, indicators))
    if languages:
        _draw_fans(folder / "figures", sampled, {key: shown[key] for key in pictured}, languages)
    held = [(i, shown[i, id_, area]) for i, id_, area in judged]
    outside = tuple(
        tuple(
            find_outside(spread, one.member.task.study.place)
            for i, spread in held
            if i == position and spread
        )
        for position, one in enumerate(sampled)
    )
    write_facts(folder, _facts(sampled, sampling, made, outside))
    return outside


def _percentile_rows(
    sampled: Sequence[Sampled], shown: dict[tuple[int, str, str], Spread | None], jobs: int
) -> Rows:
    for position, one in enumerate(sampled):
        units = {indicator.id: indicator.unit for indicator in one.member.task.study.indicators}
        name, origin = one.member.scenario.name, _origin(one)
        for spread in spreads(one.store, jobs):
            if (position, spread.indicator, spread.area) in shown:
                shown[position, spread.indicator, spread.area] = spread
            for at, year in enumerate(spread.years):
                if spread.counts[at]:
                    yield (
                        *(name, spread.area, spread.indicator, units[spread.indicator], year),
                        *(int(spread.counts[at]), float(spread.mean[at]), _finite(spread.deviation[at])),
                        *map(float, spread.percentiles[:, at]),
                        *origin,
                    )


def _probability_rows(sampled: Sequence[Sampled]) -> Rows:
    for one in sampled:
        place = one.member.task.study.place
        units = {indicator.id: indicator.unit for indicator in one.member.task.study.indicators}
        for chance in one.chances:
            target = chance.target
            yield (
                *(one.member.scenario.name, place.area(target.region), target.indicator),
                *(units[target.indicator], target.year, target.operator, target.value),
                *(chance.runs, chance.met),
                *map(_finite, (chance.probability, chance.error, *chance.bounds, *chance.gap)),
                chance.margin,
                "; ".join(filter(None, (target.source, target.clause))),
                *_origin(one),
            )


def _draw_rows(one: Sampled, runs: Iterable[int], labels: Sequence[str]) -> Rows:
    rows = {factor.label: row for row, factor in enumerate(one.member.factors)}
    values = one.member.values
    for run in runs:
        # Every digit, so that a run can be done again by hand.
        drawn = (repr(float(values[rows[label], run])) if label in rows else None for label in labels)
        yield (one.member.scenario.name, run, *drawn)


def _failure_rows(one: Sampled, labels: Sequence[str]) -> Rows:
    failures = one.store.failures
    for (name, run, *drawn), why in zip(_draw_rows(one, failures, labels), failures.values(), strict=True):
        yield (name, run, why, *drawn)


def _judged(one: Sampled) -> tuple[tuple[str, str], ...]:
    """Give the indicators and areas of targets."""
    place = one.member.task.study.place
    return tuple(dict.fromkeys((c.target.indicator, place.area(c.target.region)) for c in one.chances))


def _pictured(one: Sampled, sampling: Sampling) -> tuple[tuple[str, str], ...]:
    """Give the indicators and areas that have a figure: those of targets, and those that were asked for.

    Where these are too many, those of indicators that were asked for come first, then those of the whole
    place; a warning tells of the rest.
    """
    place = one.member.task.study.place
    wanted = [*_judged(one)]
    wanted.extend((indicator, place.name) for indicator in sampling.indicators)
    if not wanted:
        wanted = [(indicator, place.name) for indicator in one.store.indicators[:1]]
    wanted.sort(key=lambda pair: (pair[0] not in sampling.indicators, pair[1] != place.name))
    pairs = tuple(dict.fromkeys(wanted))
    if len(pairs) > MANY_FANS:
        log.warning(
            "%s: only %d of %d fan charts are drawn (the tables have all); --indicator NAME draws those of "
            "an indicator first",
            *(one.member.scenario.name, MANY_FANS, len(pairs)),
        )
    return pairs[:MANY_FANS]


def _draw_fans(
    folder: Path,
    sampled: Sequence[Sampled],
    shown: dict[tuple[int, str, str], Spread | None],
    languages: Sequence[Language],
) -> None:
    import numpy as np

    from urbsim.output.figures.areas import Area
    from urbsim.output.figures.fans import Fan, Odds, write_fan_charts

    fans = []
    for (position, id_, area), spread in shown.items():
        one = sampled[position]
        place = one.member.task.study.place
        indicator = _indicator(one, id_)
        if spread is None or not spread.counts.any():
            continue
        kinds = [factor.kind for factor in one.member.factors]
        name = one.member.task.outcome.parameter_set
        margins = margins_at(place, id_, area, spread.years, parameter_set=name)
        fans.append(
            Fan(
                scenario=one.member.scenario.title,
                area=Area(place=place.name, name=area, title=place.area_title(area)),
                indicator=indicator,
                years=np.array(spread.years, dtype=float),
                percentiles=spread.percentiles,
                runs=int(spread.counts.max()),
                parameters=kinds.count("parameter"),
                levers=kinds.count("lever"),
                margins=margins if np.isfinite(margins).sum() > 1 else None,
                odds=tuple(
                    Odds(target=chance.target, probability=chance.probability)
                    for chance in one.chances
                    if (chance.target.indicator, place.area(chance.target.region)) == (id_, area)
                ),
                history=tuple(
                    o for o in place.history if o.indicator == id_ and place.area(o.region) == area
                ),
            )
        )
    if fans:
        write_fan_charts(folder, fans, languages)


def _indicator(one: Sampled, id_: str) -> Indicator:
    return next(i for i in one.member.task.study.indicators if i.id == id_)


def _facts(
    sampled: Sequence[Sampled], sampling: Sampling, made: Made, outside: Sequence[Sequence[Outside]]
) -> dict[str, Any]:
    places = {one.member.task.study.place.folder: one.member.task.study.place for one in sampled}
    content = content_of(sampled[0].member.task.study, sampled[0].member.task.schedule)
    facts = run_facts([*places.values()], sampling.solver, sampling.tolerance, made.seconds, "urbsim sample")
    return {
        **facts,
        "libraries": {**facts["libraries"], **{name: content[name] for name in LIBRARIES}},
        "source_sha256": content["source of urbsim"],
        "method": sampling.method,
        "seed": sampling.seed,
        "runs": sampling.runs,
        "failed": sum(len(one.store.failures) for one in sampled),
        "runs_per_chunk": {
            one.member.scenario.name: max(part.runs for part in one.store.parts) for one in sampled
        },
        "indicators": list(sampling.indicators) or "all",
        "done_this_time": made.runs,
        "runs_per_second": round(made.runs / made.seconds, 1),
        "jobs": made.jobs,
        "cluster": made.cluster,
        "scenarios": [
            {
                **origin_facts(one.member.task.outcome),
                "runs": f"runs/{name}".rstrip("/"),
                "failed": len(one.store.failures),
                "factors": [_factor_facts(factor) for factor in one.member.factors],
                "correlated": [_group_facts(group) for group in one.member.scenario.correlated],
                "observed_outside_middle_90_percent": [
                    {"indicator": o.indicator, "region": o.area, "years": o.years, "of": o.observed}
                    for o in outside_one
                    if o.years
                ],
            }
            for one, name, outside_one in zip(sampled, made.names, outside, strict=True)
        ],
    }


def _factor_facts(factor: Factor) -> dict[str, Any]:
    given = factor.distribution
    facts: dict[str, Any] = {
        "label": factor.label,
        "kind": factor.kind,
        "unit": factor.unit,
        "distribution": given.kind,
        "values": [str(amount) for amount in given.amounts],
    }
    if given.weights:
        facts["weights"] = list(given.weights)
    if given.within:
        facts["within"] = [str(amount) for amount in given.within]
    if factor.group:
        facts["correlated"] = factor.group
    return facts


def _group_facts(group: Correlated) -> dict[str, Any]:
    how = {"matrix": [list(row) for row in group.matrix]} if group.matrix else {"rho": group.rho}
    return {"name": group.name, "names": list(group.names), **how}


def _origin(one: Sampled) -> tuple[str, int]:
    outcome = one.member.task.outcome
    return outcome.parameter_set or NO_SET, outcome.base_year


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
