"""Measured + targets -> verdicts: reached or missed, by how much, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from urbsim.engine.trajectory import Trajectory
from urbsim.names import fold
from urbsim.study.error_band import margin_at
from urbsim.study.indicator import Indicator
from urbsim.study.place import Place
from urbsim.study.report import Measured
from urbsim.study.target import Check, Conflict, Finding, Target, Verdict
from urbsim.study.words import Words

ROUNDING = 1e-9  # [-] of the level: what arithmetic may lose without a target being missed


def judge(
    measured: Measured, targets: Sequence[Target], place: Place, *, parameter_set: str
) -> tuple[Verdict, ...]:
    """Judge the targets whose year and indicator a run with these parameters reports."""
    verdicts = []
    for target in targets:
        series = measured.find(target.indicator, target.region or place.name)
        if series is None or not measured.years[0] <= target.year <= measured.years[-1]:
            continue
        level = target.level(series.indicator.unit)
        sign = -1 if target.operator == "<=" else 1
        reached = sign * (series.values - level) >= -ROUNDING * abs(level)
        value = float(series.values[measured.at(target.year)])
        verdicts.append(
            Verdict(
                target=target,
                value=value,
                gap=value - target.value,
                met=bool(reached[measured.at(target.year)]),
                year_met=int(measured.years[np.argmax(reached)]) if reached.any() else None,
                level=level,
                margin=margin_at(
                    place, target.indicator, series.area, target.year, parameter_set=parameter_set
                ),
            )
        )
    return tuple(verdicts)


def inspect(
    checks: Sequence[Check], trajectory: Trajectory, measured: Measured, place: Place
) -> tuple[Finding, ...]:
    """Hold a run against the checks; each finding names the value nearest to its bounds or farthest out."""
    return tuple(_inspect(check, trajectory, measured, place) for check in checks)


def _inspect(check: Check, trajectory: Trajectory, measured: Measured, place: Place) -> Finding:
    if check.indicator:
        series = measured.find(check.indicator, check.region or place.name)
        assert series is not None, "plans are refused when a check names what is not reported"  # noqa: S101
        labels, values = [series.area], series.values[np.newaxis]
    else:
        labels, values = _elements(check, trajectory, place)
    times = trajectory.times
    if check.year is not None:
        at = measured.at(check.year)
        times, values = times[at : at + 1], values[:, at : at + 1]
    room = np.minimum(
        values - check.low if check.low is not None else np.inf,
        check.high - values if check.high is not None else np.inf,
    )
    row, column = np.unravel_index(np.argmin(np.where(np.isnan(room), -np.inf, room)), values.shape)
    return Finding(
        check=check,
        passed=bool(room[row, column] >= 0),
        value=float(values[row, column]),
        element=labels[row],
        year=float(times[column]),
    )


def _elements(check: Check, trajectory: Trajectory, place: Place) -> tuple[list[str], np.ndarray]:
    position = trajectory.index(check.variable)
    output, values = trajectory.outputs[position], trajectory.values[position][..., 0]
    labels = output.labels()
    kept = list(range(len(labels)))
    regional = place.axis(output.axes)
    members = place.members(check.region)
    if check.region and regional is not None and members is not None:
        wanted = {fold(region) for region in members}
        kept = [i for i, e in enumerate(product(*output.axes)) if fold(e[regional]) in wanted]
    return [labels[i] for i in kept], values.reshape(len(labels), -1)[kept]


def demanded(target: Target, place: Place) -> tuple[str, str, int, str, float]:
    """Give what makes two targets the same, wherever they are written."""
    return target.indicator, place.area(target.region), target.year, target.operator, target.value


def find_conflicts(
    runs: Mapping[str, tuple[Measured, Sequence[Target]]], indicators: Sequence[Indicator], place: Place
) -> tuple[Conflict, ...]:
    """Find the total at which a rate and a count that are set for the same year and area would agree.

    80 % and 28 million urban residents, for instance, agree only at 35.0 million residents. Targets are
    paired within those that a run is held to, and a conflict has the runs that are held to both.
    """
    known = {indicator.id: indicator for indicator in indicators}
    held: dict[tuple[object, ...], tuple[Target, Target, dict[str, Measured]]] = {}
    for name, (measured, targets) in runs.items():
        for one, other in product(targets, targets):
            pair = tuple(demanded(target, place) for target in (one, other))
            held.setdefault(pair, (one, other, {}))[2][name] = measured
    conflicts = []
    for rate_target, count_target, judged in held.values():
        rate, count = known[rate_target.indicator], known[count_target.indicator]
        paired = rate.unit == "%" and rate.per and not (count.per or count.weight)
        alike = fold(rate.variable) == fold(count.variable) and rate.select == count.select
        same = rate_target.year == count_target.year and place.members(rate_target.region) == place.members(
            count_target.region
        )
        if not (paired and alike and same and rate_target.value) or rate.per is None:
            continue
        totals = {}
        for name, measured in judged.items():
            rates = measured.find(rate.id, rate_target.region or place.name)
            counts = measured.find(count.id, count_target.region or place.name)
            if rates and counts and measured.years[0] <= rate_target.year <= measured.years[-1]:
                at = measured.at(rate_target.year)
                totals[name] = float(counts.values[at] / (rates.values[at] / rate.scale))
        if totals:
            of = next((i for i in indicators if fold(i.variable) == fold(rate.per) and not i.per), None)
            conflicts.append(
                Conflict(
                    rate=rate_target,
                    count=count_target,
                    unit=count.unit,
                    total=of.name if of else Words(en=rate.per),
                    needed=count_target.value / (rate_target.value / rate.scale),
                    totals=totals,
                )
            )
    return tuple(conflicts)
