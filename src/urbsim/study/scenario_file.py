"""Read a scenario file, with everything that it takes from the files it extends."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from urbsim.errors import Problem, ScenarioError, ValueProblemError, suggestion
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.scenario import Scenario, Setting, Settings, Swept
from urbsim.study.target import Check, Operator, Target
from urbsim.study.text_file import shown
from urbsim.study.uncertain import TAKES, Correlated, Distribution, Kind, Uncertain
from urbsim.study.words import Words
from urbsim.study.yaml_file import Hook, Locate, LocatedError, kind_of, number, read_yaml

Entry = TypeVar("Entry", Setting, Uncertain, Swept)

NAME = re.compile(r"\w[\w-]{0,79}")
_PLACED = ("place", "period", "parameter_set")  # keys whose place in the file a message may need
_BESIDE = ("weights", "within", "by_region")  # keys that may stand beside the kind of a distribution
_EXAMPLE = "expected a distribution such as {uniform: [0.3, 1.5]}"
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
    clause_en: str = ""
    note: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if sum(getattr(self, key) is not None for key in _COMPARISONS) != 1:
            raise ValueError("expected one of 'at_least', 'at_most', 'about'")

    def noun(self) -> Target:
        key = next(key for key in _COMPARISONS if getattr(self, key) is not None)
        same = ("indicator", "year", "region", "id", "source", "clause", "clause_en", "note", "where")
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
class _Correlated:
    names: tuple[str, ...]
    rho: float | None = None
    matrix: tuple[tuple[float, ...], ...] | None = None
    where: str = ""

    def __post_init__(self) -> None:
        if (self.rho is None) == (self.matrix is None):
            raise ValueError("expected either 'rho' or 'matrix'")
        self.noun()

    def noun(self) -> Correlated:
        return Correlated(names=self.names, rho=self.rho or 0.0, matrix=self.matrix or (), where=self.where)


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
    uncertain: tuple[Uncertain, ...] | None = None
    correlated: tuple[_Correlated, ...] | None = None
    sweep: tuple[Swept, ...] | None = None
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
        Folders where a scenario named under `extends` may stand when it is neither beside the file nor in
        the folder above, nor in a folder `scenarios` of those that it lies in.

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
    """Read a file and those it extends; entries of levers and the like that cannot be read go to `unread`."""
    lost: set[str] = set()  # uncertain entries of which nothing could be read

    def settings(node: Any, locate: Locate) -> Settings:
        return dict(_entries(node, locate, unread, _areas))

    def uncertain(node: Any, locate: Locate) -> tuple[Uncertain, ...]:
        read = dict(_entries(node, locate, unread, _distributions))
        lost.update(fold(str(name)) for name in node if str(name) not in read)
        return tuple(one for entry in read.values() for one in entry)

    def sweep(node: Any, locate: Locate) -> tuple[Swept, ...]:
        return tuple(one for _, entry in _entries(node, locate, unread, _sweeps) for one in entry)

    hooks: dict[object, Hook] = {
        Settings: settings,
        tuple[Uncertain, ...]: uncertain,
        tuple[Swept, ...]: sweep,
    }
    try:
        form, at = read_yaml(path, _Scenario, ScenarioError, hooks)
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
    drawn = {fold(one.name) for one in form.uncertain or ()}
    problems.extend(
        Problem(f"'{name}' is swept and uncertain at once, expected either", where)
        for name, where in {one.name: one.entry for one in form.sweep or ()}.items()
        if fold(name) in drawn
    )
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
        uncertain=form.uncertain or (),
        correlated=tuple(
            group.noun() for group in form.correlated or () if not lost & set(map(fold, group.names))
        ),
        sweep=form.sweep or (),
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
    """Take from the parent what the file does not name; title and description are always its own.

    What a file says of a lever or parameter wins over all that it inherits of it: a lever that it sets is
    no longer uncertain, and no longer a member of a correlated group that it inherits.
    """
    drawn, swept = _names(own.uncertain), _names(own.sweep)
    fixed = {fold(name) for name in (*own.levers, *own.parameters)}
    certain = (_names(parent.uncertain) & (swept | fixed)) - drawn
    return replace(
        own,
        extended=(parent.source, *parent.extended),
        place=own.place or parent.place,
        period=own.period or parent.period,
        parameter_set=parent.parameter_set if own.parameter_set is None else own.parameter_set,
        levers={**parent.levers, **own.levers},
        parameters={**parent.parameters, **own.parameters},
        uncertain=(
            *(one for one in parent.uncertain if fold(one.name) not in drawn | swept | fixed),
            *own.uncertain,
        ),
        correlated=_trim(parent, certain) if form.correlated is None else own.correlated,
        sweep=(
            *(one for one in parent.sweep if fold(one.name) not in drawn | swept | fixed),
            *own.sweep,
        ),
        targets=parent.targets if form.targets is None else own.targets,
        checks=parent.checks if form.checks is None else own.checks,
        where={key: (parent if getattr(form, key) is None else own).where[key] for key in _PLACED},
    )


def _trim(parent: Scenario, certain: Collection[str]) -> tuple[Correlated, ...]:
    """Leave out of correlated groups what is no longer uncertain, and groups of which one draw is left."""
    kept: list[Correlated] = []
    problems: list[Problem] = []
    for group in parent.correlated:
        left = tuple(name for name in group.names if fold(name.partition("[")[0]) not in certain)
        if left == group.names:
            kept.append(group)
            continue
        entries = {name: [e for e in parent.uncertain if fold(e.name) == fold(name)] for name in group.names}
        by_region = any(one.by_region for of_it in entries.values() for one in of_it)
        # The name of a single draw, `name[region]`, has no entry and is one row.
        rows = [name for name, of_it in entries.items() for _ in range(len(of_it) or 1)]
        if group.matrix and (by_region or len(rows) != len(group.matrix)):
            out = ", ".join(name for name in group.names if name not in left)
            what = (
                f"correlated: {out} is set by a file that extends this one, and which rows are the others' "
            )
            problems.append(Problem(f"{what}cannot be told", group.where, "write `correlated:` anew there"))
            continue
        stay = [i for i, name in enumerate(rows) if name in left]
        if len(stay) > 1 or any(one.by_region for name in left for one in entries[name]):
            matrix = tuple(tuple(group.matrix[i][j] for j in stay) for i in stay) if group.matrix else ()
            kept.append(replace(group, names=left, matrix=matrix))
    if problems:
        raise ScenarioError(problems)
    return tuple(kept)


def _find(name: str, child: Path, elsewhere: tuple[Path, ...], where: str) -> Path:
    above = child.resolve().parents
    folders = (child.parent, *above[1:2], *(folder / "scenarios" for folder in above), *elsewhere)
    for folder in folders:
        for suffix in (".yaml", ".yml"):
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    known = sorted({file.stem for folder in folders for file in folder.glob("*.y*ml")} - {child.stem})
    raise ScenarioError(Problem(f"extends: there is no scenario '{name}'", where, suggestion(name, known)))


def _names(entries: Iterable[Uncertain | Swept]) -> set[str]:
    return {fold(one.name) for one in entries}


def _entries(
    node: Any, locate: Locate, problems: list[Problem], read: Callable[..., Iterator[Entry]]
) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """Read a mapping of levers or parameters; a wrong entry goes to `problems` and is left out."""
    if not isinstance(node, dict):
        raise ValueError("expected a mapping of names to values")
    for name, value in node.items():
        where = locate(node, name)
        try:
            yield str(name), tuple(replace(e, entry=where) for e in read(str(name), value, where, locate))
        except LocatedError as failure:
            problems.extend(failure.problems)
        except ValueError as failure:
            problems.append(Problem(f"{name}: {failure}", where, getattr(failure, "fix", "")))


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


def _distributions(name: str, value: Any, where: str, locate: Locate) -> Iterator[Uncertain]:
    if not (isinstance(value, dict) and value):
        raise ValueError(f"{kind_of(value)}, {_EXAMPLE}")
    if any(key in TAKES or key in _BESIDE for key in value):
        yield _distribution(name, "", value, where)
        return
    problems = []
    for region, inner in value.items():
        position = locate(value, region)
        try:
            if not isinstance(inner, dict):
                raise ValueProblemError(f"{kind_of(inner)}, {_EXAMPLE}", _near(region, TAKES))
            yield _distribution(name, str(region), inner, position)
        except ValueError as failure:
            problems.append(Problem(f"{name}: {region}: {failure}", position, getattr(failure, "fix", "")))
    if problems:
        raise LocatedError(problems)


def _distribution(name: str, region: str, value: Mapping[Any, Any], where: str) -> Uncertain:
    for key in value:
        if key not in TAKES and key not in _BESIDE:
            raise ValueProblemError(f"unknown key '{key}'", suggestion(str(key), [*TAKES, *_BESIDE]))
    kinds: list[Kind] = [kind for kind in TAKES if kind in value]
    if len(kinds) != 1:
        raise ValueError(f"{' and '.join(kinds) or 'no distribution'}, expected one of {', '.join(TAKES)}")
    kind, by_region, within = kinds[0], value.get("by_region", False), value.get("within")
    if not isinstance(by_region, bool):
        raise ValueError(f"by_region: {kind_of(by_region)}, expected true or false")
    if within is not None and (not isinstance(within, list) or len(within) != 2):
        found = (
            f"has {len(within)} value{'s' * (len(within) != 1)}"
            if isinstance(within, list)
            else kind_of(within)
        )
        raise ValueError(f"within: {found}, expected [lowest, highest]")
    given, weights = value[kind], value.get("weights", [])
    for key, one, takes in ((kind, given, TAKES[kind]), ("weights", weights, "a list of numbers")):
        if not isinstance(one, list):
            raise ValueError(f"{key}: {kind_of(one)}, expected {takes}")
    amounts = [_amount(one, named=kind == "choice") for one in given]
    if kind == "normal" and len(given) == 2 and "%" in str(given[1]):
        # A spread of +10% is a tenth of the place's value, not eleven tenths.
        amounts[1] = Amount(number=amounts[1].number - 1, relative=True)
    return Uncertain(
        name=name,
        region=region,
        distribution=Distribution(
            kind=kind,
            amounts=tuple(amounts),
            weights=tuple(number(weight) for weight in weights),
            within=None
            if within is None
            else (_amount(within[0], named=False), _amount(within[1], named=False)),
        ),
        by_region=by_region,
        where=where,
    )


def _sweeps(name: str, value: Any, where: str, locate: Locate) -> Iterator[Swept]:
    if not (isinstance(value, dict) and value):
        yield _swept(name, "", value, where)
        return
    problems = []
    for region, inner in value.items():
        position = locate(value, region)
        try:
            yield _swept(name, str(region), inner, position)
        except ValueError as failure:
            problems.append(Problem(f"{name}: {region}: {failure}", position, getattr(failure, "fix", "")))
    if problems:
        raise LocatedError(problems)


def _swept(name: str, region: str, value: Any, where: str) -> Swept:
    if not (isinstance(value, list) and value):
        raise ValueError(f"{kind_of(value)}, expected a list of values such as [50, 80] or [x0.8, x1.2]")
    amounts = tuple(_amount(one) for one in value)
    twice = next((amount for amount in amounts if amounts.count(amount) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} stands twice, and would be the same run")
    return Swept(name=name, region=region, amounts=amounts, where=where)


def _near(name: object, known: Iterable[str]) -> str:
    """Offer a known name where one is near; nothing else, when a name may be anything."""
    near = suggestion(str(name), [*known])
    return near if near.startswith("did you mean") else ""


def _amount(value: object, *, named: bool = True) -> Amount:
    if isinstance(value, str):
        return Amount.named(value) if named else Amount.parse(value)
    return Amount(number=number(value))
