"""Read a scenario file, with everything that it takes from the files it extends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from urbsim.errors import Problem, ScenarioError, suggestion
from urbsim.study.scenario import Amount, Scenario, Setting, Settings
from urbsim.study.target import Check, Operator, Target
from urbsim.study.text_file import shown
from urbsim.study.words import Words
from urbsim.study.yaml_file import Locate, LocatedError, number, read_yaml

NAME = re.compile(r"\w[\w-]{0,79}")
_PLACED = ("place", "period", "parameter_set")  # keys whose place in the file a message may need
_COMPARISONS: dict[str, Operator] = {"at_least": ">=", "at_most": "<=", "about": "~"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    indicator: str
    year: int
    at_least: float | None = None
    at_most: float | None = None
    about: float | None = None
    region: str = ""
    id: str = ""
    source: str = ""
    clause: str = ""
    note: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if sum(getattr(self, key) is not None for key in _COMPARISONS) != 1:
            raise ValueError("expected one of 'at_least', 'at_most', 'about'")

    def noun(self) -> Target:
        key = next(key for key in _COMPARISONS if getattr(self, key) is not None)
        same = ("indicator", "year", "region", "id", "source", "clause", "note", "where")
        return Target(
            operator=_COMPARISONS[key],
            value=getattr(self, key),
            **{name: getattr(self, name) for name in same},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    variable: str = ""
    indicator: str = ""
    at_least: float | None = None
    at_most: float | None = None
    between: tuple[float, float] | None = None
    year: int | None = None
    region: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        self.noun()

    def noun(self) -> Check:
        low, high = self.between or (self.at_least, self.at_most)
        if self.between and (self.at_least is not None or self.at_most is not None):
            raise ValueError("expected either 'between' or 'at_least' and 'at_most'")
        if low is not None and high is not None and low > high:
            raise ValueError(f"between {low:g} and {high:g}: expected the lower first")
        return Check(
            variable=self.variable,
            indicator=self.indicator,
            low=low,
            high=high,
            year=self.year,
            region=self.region,
            where=self.where,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scenario:
    name: str
    title: Words | None = None
    description: Words | None = None
    place: str | None = None
    extends: str | None = None
    period: tuple[int, int] | None = None
    parameter_set: str | None = None
    levers: Settings | None = None
    parameters: Settings | None = None
    targets: tuple[_Target, ...] | None = None
    checks: tuple[_Check, ...] | None = None
    where: str = ""


class UnreadableError(ScenarioError):
    """Some values of a scenario cannot be read; `sound` is what is left, to look for more problems in."""

    def __init__(self, problems: Iterable[Problem], sound: Scenario) -> None:
        super().__init__(problems)
        self.sound = sound


def read_scenario(path: str | Path, elsewhere: tuple[Path, ...] = ()) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    elsewhere
        Folders where a scenario named under `extends` may stand when it is not beside the file.

    Raises
    ------
    ScenarioError
        Every problem of the first file of the chain that has any.
    """
    unread: list[Problem] = []
    scenario = _read(Path(path), elsewhere, (), unread)
    if unread:
        raise UnreadableError(unread, scenario)
    return scenario


def _read(
    path: Path, elsewhere: tuple[Path, ...], chain: tuple[Path, ...], unread: list[Problem]
) -> Scenario:
    """Read a file and those it extends; levers and parameters that cannot be read go to `unread`."""

    def settings(node: Any, locate: Locate) -> Settings:
        return _settings(node, locate, unread)

    try:
        form, at = read_yaml(path, _Scenario, ScenarioError, {Settings: settings})
    except ScenarioError as failure:
        raise ScenarioError([*failure.problems, *unread]) from None
    problems = [
        Problem(f"{key}: '{name}' is not allowed, expected letters, digits, - and _", at(key))
        for key, name in (("name", form.name), ("place", form.place), ("extends", form.extends))
        if name is not None and not NAME.fullmatch(name)
    ]
    if form.period and form.period[0] >= form.period[1]:
        problems.append(Problem("period: expected the first year before the last", at("period")))
    if form.place is None and form.extends is None:
        problems.append(Problem("'place' is missing", at("name"), "name a place, or a scenario to extend"))
    if problems:
        raise ScenarioError([*problems, *unread])
    own = Scenario(
        name=form.name,
        place=form.place or "",
        source=shown(path),
        title=form.title or Words(en=form.name),
        description=form.description or Words(),
        period=form.period,
        parameter_set=form.parameter_set,
        levers=form.levers or {},
        parameters=form.parameters or {},
        targets=None if form.targets is None else tuple(target.noun() for target in form.targets),
        checks=tuple(check.noun() for check in form.checks or ()),
        where={key: at(key) for key in _PLACED},
    )
    if form.extends is None:
        return own
    chain = (*chain, path.resolve())
    above = _find(form.extends, path, elsewhere, at("extends"))
    if above.resolve() in chain:
        loop = " -> ".join(shown(step) for step in (*chain, above))
        raise ScenarioError(Problem(f"extends: the files extend one another: {loop}", at("extends")))
    return _extend(_read(above, elsewhere, chain, unread), own, form)


def _extend(parent: Scenario, own: Scenario, form: _Scenario) -> Scenario:
    """Take from the parent what the file does not name; title and description are always its own."""
    return replace(
        own,
        extended=(parent.source, *parent.extended),
        place=own.place or parent.place,
        period=own.period or parent.period,
        parameter_set=parent.parameter_set if own.parameter_set is None else own.parameter_set,
        levers={**parent.levers, **own.levers},
        parameters={**parent.parameters, **own.parameters},
        targets=parent.targets if form.targets is None else own.targets,
        checks=parent.checks if form.checks is None else own.checks,
        where={key: (parent if getattr(form, key) is None else own).where[key] for key in _PLACED},
    )


def _find(name: str, child: Path, elsewhere: tuple[Path, ...], where: str) -> Path:
    folders = (child.parent, *elsewhere)
    for folder in folders:
        for suffix in (".yaml", ".yml"):
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    known = sorted({file.stem for folder in folders for file in folder.glob("*.y*ml")} - {child.stem})
    raise ScenarioError(Problem(f"extends: there is no scenario '{name}'", where, suggestion(name, known)))


def _settings(node: Any, locate: Locate, problems: list[Problem]) -> Settings:
    """Read levers or parameters; a wrong entry goes to `problems` and is left out."""
    if not isinstance(node, dict):
        raise ValueError("expected a mapping of names to values")
    settings: dict[str, tuple[Setting, ...]] = {}
    for name, value in node.items():
        where = locate(node, name)
        try:
            settings[str(name)] = tuple(
                replace(s, entry=where) for s in _areas(str(name), value, where, locate)
            )
        except LocatedError as failure:
            problems.extend(failure.problems)
        except ValueError as failure:
            problems.append(Problem(f"{name}: {failure}", where, getattr(failure, "fix", "")))
    return settings


def _areas(name: str, value: Any, where: str, locate: Locate) -> Iterator[Setting]:
    if not (isinstance(value, dict) and value):
        yield Setting(amounts=(_amount(value),), where=where)
        return
    years = [isinstance(key, int | float) for key in value]
    if all(years):
        yield _path("", value, where)
        return
    if any(years):
        raise ValueError("mixes years and regions, expected either")
    problems = []
    for region, inner in value.items():
        position = locate(value, region)
        try:
            if isinstance(inner, dict):
                yield _path(str(region), inner, position)
            else:
                yield Setting(region=str(region), amounts=(_amount(inner),), where=position)
        except ValueError as failure:
            problems.append(Problem(f"{name}: {region}: {failure}", position, getattr(failure, "fix", "")))
    if problems:
        raise LocatedError(problems)


def _path(region: str, points: Mapping[Any, Any], where: str) -> Setting:
    if not points or not all(isinstance(year, int | float) for year in points):
        raise ValueError("expected a value, or years with their values such as {2026: 0, 2030: 0.3}")
    ordered = sorted(points.items())
    return Setting(
        region=region,
        years=tuple(float(year) for year, _ in ordered),
        amounts=tuple(_amount(value) for _, value in ordered),
        where=where,
    )


def _amount(value: object) -> Amount:
    if isinstance(value, str):
        return Amount.parse(value)
    return Amount(number=number(value))
