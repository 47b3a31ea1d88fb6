"""A scenario and its base -> runs that tell apart what it moves, and what each lever bought."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from urbsim.names import fold
from urbsim.study.contribution import TOGETHER, Contribution
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever
from urbsim.study.place import Place
from urbsim.study.plan import find_lever
from urbsim.study.scenario import Scenario, Setting

Floats = npt.NDArray[np.float64]
Part = tuple[str, tuple[Setting, ...]]  # name of a lever or parameter, and how it is set

# [-] of an indicator's largest value: smaller differences may be those of the solution. With `RTOL`, changes
# differ from those of 1e-10 by 1.7e-5 at most (land tickets, which the quota calls for by turns); one in a
# thousand by more than 4e-6.
UNSEEN = 3e-5
RTOL = 1e-8  # to which the runs are solved
NOTHING, ALL = 0, 1  # positions in `Moved.runs`


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a scenario sets otherwise than the one that it is held against, and runs that tell it apart.

    Parameters
    ----------
    names
        Ids of levers, then names of parameters.
    runs
        With nothing of it moved, with all of it, then others. All of them have the period and the fitted
        parameters of the scenario, so that they differ in levers and parameters alone.
    alone, last
        By name: the positions of the runs with only this one moved, and with all but this one.
    """

    names: tuple[str, ...]
    runs: tuple[Scenario, ...]
    alone: tuple[int, ...]
    last: tuple[int, ...]


def take_apart(scenario: Scenario, base: Scenario, levers: Sequence[Lever]) -> Moved:
    """Find what a scenario sets otherwise than its base, lever by lever and parameter by parameter."""
    ours, theirs = _parts(scenario, levers), _parts(base, levers)
    keys = [key for key in dict.fromkeys((*ours, *theirs)) if _said(ours.get(key)) != _said(theirs.get(key))]
    names = tuple((ours.get(key) or theirs[key])[0] for key in keys)
    bare = replace(scenario, targets=(), checks=(), uncertain=(), correlated=())

    def with_(some: Collection[tuple[str, str]]) -> Scenario:
        of = {
            key: found
            for key in dict.fromkeys((*theirs, *ours))
            if (found := (ours if key in some else theirs).get(key))
        }
        chosen = {kind: dict(of[key] for key in of if key[0] == kind) for kind in ("lever", "parameter")}
        return replace(bare, levers=chosen["lever"], parameters=chosen["parameter"])

    alone = [frozenset([key]) for key in keys]
    last = [frozenset(keys) - {key} for key in keys]
    some = [*dict.fromkeys((frozenset[tuple[str, str]](), frozenset(keys), *alone, *last))]
    return Moved(
        names=names,
        runs=tuple(map(with_, some)),
        alone=tuple(map(some.index, alone)),
        last=tuple(map(some.index, last)),
    )


def contributions(
    apart: Moved,
    measured: Iterable[tuple[Indicator, Floats]],
    years: Floats,
    place: Place,
    told: Collection[int],
) -> tuple[Contribution, ...]:
    """Give what each lever bought and all together, by indicator and area, in the years that are `told`.

    All together is what the run with everything moved has beyond the one with nothing moved, both with the
    start and the fitted parameters of the scenario. Changes of less than `UNSEEN` are left out. Of what is
    counted by calendar year the sum from the first policy year on stands behind the change of that year.

    Parameters
    ----------
    measured
        Each indicator of the runs of `apart`, shape (areas, times, runs); NaN in runs that failed.
    """
    names = (*apart.names, TOGETHER)
    found: list[list[Contribution]] = [[] for _ in names]
    at = np.flatnonzero(np.isin(np.round(years), [*told]))
    for indicator, values in measured:
        kinds = [(values, False)]
        if indicator.total and not indicator.per:
            counted = (years >= place.first_policy_year - 0.5) & (years > years[0])
            kinds.append((np.cumsum(np.where(counted[:, np.newaxis], values, 0.0), axis=1), True))
        for kind, total in kinds:
            for position, area, time, alone, last in _changes(apart, kind, at):
                found[position].append(
                    Contribution(
                        lever=names[position],
                        indicator=indicator.id,
                        area=place.areas[area],
                        year=int(years[time]),
                        alone=alone,
                        last=last,
                        total=total,
                    )
                )
    return tuple(one for of_lever in found for one in of_lever)


def _changes(
    apart: Moved, values: Floats, at: npt.NDArray[np.intp]
) -> Iterator[tuple[int, int, int, float, float]]:
    """Give what can be seen of each lever, and then of all: its position, area, time, and the two changes."""
    size = np.nanmax(np.abs(values), axis=(1, 2), initial=0.0)[:, np.newaxis]
    runs = (*zip(apart.alone, apart.last, strict=True), (ALL, NOTHING))
    for position, (with_it, without) in enumerate(runs):
        alone = values[:, at, with_it] - values[:, at, NOTHING]
        last = values[:, at, ALL] - values[:, at, without]
        seen = np.isfinite(alone) & np.isfinite(last) & (np.fmax(abs(alone), abs(last)) > UNSEEN * size)
        areas, times = np.nonzero(seen)
        numbers = zip(alone[seen].tolist(), last[seen].tolist(), strict=True)
        for area, time, (one, other) in zip(areas.tolist(), at[times].tolist(), numbers, strict=True):
            yield position, area, time, one, other


def _parts(scenario: Scenario, levers: Sequence[Lever]) -> dict[tuple[str, str], Part]:
    """Give levers and parameters by what does not hang on how their names are written."""
    found: dict[tuple[str, str], Part] = {}
    for name, settings in scenario.levers.items():
        lever = find_lever(name, levers)
        found["lever", lever.id if lever else name] = (lever.id if lever else name, settings)
    found |= {("parameter", fold(name)): (name, one) for name, one in scenario.parameters.items()}
    return found


def _said(part: Part | None) -> tuple[object, ...]:
    """Give what is set, wherever it is written."""
    return tuple((one.region, one.years, one.amounts) for one in (part[1] if part else ()))
