"""Scenario + place -> the same scenario, with numbers where it names positions of levers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from urbsim.errors import Problem
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever
from urbsim.study.place import Place
from urbsim.study.plan import Interface, find_lever, own_values
from urbsim.study.position import meaningful, positions_of
from urbsim.study.scenario import Scenario, Setting, Settings, Swept
from urbsim.study.uncertain import Uncertain

Part = TypeVar("Part", Setting, Swept)


def put_values(
    scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface
) -> tuple[Scenario, tuple[Problem, ...]]:
    """Put values where a scenario names positions of levers, and ids and names where it has titles.

    Gives the scenario, without the entries that name what there is not, and the problems of those.
    """
    scenario = _in_own_names(scenario, place, levers, system)
    naming = _Naming(place, levers, system)
    changed = replace(
        scenario,
        levers=naming.settings(scenario.levers, of_levers=True),
        parameters=naming.settings(scenario.parameters, of_levers=False),
        uncertain=tuple(naming.uncertain(scenario.uncertain)),
        sweep=tuple(naming.sweep(scenario.sweep)),
    )
    return changed, tuple(naming.problems)


def _in_own_names(scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface) -> Scenario:
    """Call levers by their ids and areas by their names, where a scenario calls them by their titles.

    What a file says last of a lever holds, whatever it calls it. Where parameters may be named as well, a
    constant of the model goes before a title.
    """
    constants = {fold(constant.name) for constant in system.constants}
    ids = {fold(title): lever.id for lever in levers for title in (lever.name.zh, lever.name.en) if title}
    titles = [(area, place.area_title(area)) for area in reversed(place.areas)]
    areas = {fold(title): area for area, said in titles for title in (said.zh, said.en) if title}

    def id_of(name: str) -> str:
        return name if find_lever(name, levers) else ids.get(fold(name), name)

    def either_of(name: str) -> str:
        return name if fold(name) in constants else id_of(name)

    def area_of(name: str) -> str:
        return name if not name or place.members(name) else areas.get(fold(name), name)

    def placed(entries: tuple[Setting, ...]) -> tuple[Setting, ...]:
        return tuple(replace(one, region=area_of(one.region)) for one in entries)

    moved: dict[str, tuple[Setting, ...]] = {}
    for name, entries in scenario.levers.items():
        moved[id_of(name)] = placed(entries)
    return replace(
        scenario,
        levers=moved,
        parameters={name: placed(entries) for name, entries in scenario.parameters.items()},
        uncertain=tuple(
            replace(one, name=either_of(one.name), region=area_of(one.region)) for one in scenario.uncertain
        ),
        sweep=tuple(
            replace(one, name=either_of(one.name), region=area_of(one.region)) for one in scenario.sweep
        ),
    )


@dataclass(slots=True)
class _Naming:
    place: Place
    levers: Sequence[Lever]
    system: Interface
    problems: list[Problem] = field(default_factory=list)

    def settings(self, given: Settings, *, of_levers: bool) -> Settings:
        read: dict[str, tuple[Setting, ...]] = {}
        for name, entries in given.items():
            known = tuple(self._parts(name, entries, of_levers=of_levers))
            if of_levers and find_lever(name, self.levers) is None:
                known = entries  # `plan` tells of it, and looks at nothing else
            if known:
                read[name] = known
        return read

    def sweep(self, given: Sequence[Swept]) -> Iterator[Swept]:
        for one in given:
            for swept in self._parts(one.name, (one,), of_levers=True):
                twice = next((a for a in swept.amounts if swept.amounts.count(a) > 1), None)
                if twice is None:
                    yield swept
                else:
                    what = f"{swept.label}: {twice} stands twice, and would be the same run"
                    self.problems.append(Problem(what, one.where))

    def uncertain(self, given: Sequence[Uncertain]) -> Iterator[Uncertain]:
        for one in given:
            amounts = one.distribution.amounts
            if not any(amount.position for amount in amounts):
                yield one
                continue
            own = self._own(one.name, one.region)
            values = set(own.values())
            known = self._values(one.name, one.region, amounts, one.where, own)
            if known is None:
                continue
            if len({amount.relative for amount in known}) > 1 and len(values) == 1:
                known = tuple(Amount(number=amount.of(*values)) for amount in known)
            try:
                yield replace(one, distribution=replace(one.distribution, amounts=known))
            except ValueError as failure:
                self.problems.append(Problem(f"{one.name}: {failure}", one.where))

    def _parts(self, name: str, entries: Sequence[Part], *, of_levers: bool) -> Iterator[Part]:
        for one in entries:
            if not any(amount.position for amount in one.amounts):
                yield one
                continue
            own = self._own(name, one.region) if of_levers else {}
            known = self._values(name, one.region, one.amounts, one.where, own)
            if known is not None:
                yield replace(one, amounts=known)

    def _own(self, name: str, region: str) -> Mapping[str, float]:
        """Give what the place has of a lever in an area; nothing where there is no such lever."""
        lever = find_lever(name, self.levers)
        if lever is None:
            return {}
        values = own_values(lever, self.place, self.system)
        members = self.place.members(region) or ()
        return {area: value for area, value in values.items() if area in members} or values

    def _values(
        self, name: str, region: str, amounts: Sequence[Amount], where: str, own: Mapping[str, float]
    ) -> tuple[Amount, ...] | None:
        """Give amounts without names; None, and a problem, where one is the name of nothing."""
        lever = find_lever(name, self.levers) if own else None
        known = {} if lever is None else {one: one.amount for one in meaningful(lever, tuple(own.values()))}
        read: list[Amount] = []
        for amount in amounts:
            found = next((value for one, value in known.items() if one.is_called(amount.position)), None)
            if not amount.position:
                read.append(amount)
            elif found is not None:
                read.append(found)
            else:
                at = f"{name}: {region}" if region else name
                what = f"{at}: '{amount.position}' is text, expected a number, or x1.5, +10%, -10%"
                fix = ""
                if lever is not None:
                    listed = positions_of(lever, tuple(own.values()))
                    fix = "positions: " + ", ".join(f"{one.name.en} / {one.name.zh}" for one in listed)
                    what = f"{what}, or a position of the lever"
                self.problems.append(Problem(what, where, fix))
        return tuple(read) if len(read) == len(amounts) else None
