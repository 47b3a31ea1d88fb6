"""Trajectory -> measured: every indicator by region, group and whole place, by year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from urbsim.engine.trajectory import Trajectory
from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.place import Place

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One indicator in one area, by year [unit of the indicator].

    NaN where a ratio has no denominator, and in the first year for the total of a year.
    """

    indicator: Indicator
    area: str
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that is reported of one run."""

    years: Floats
    series: tuple[Series, ...]

    def find(self, indicator: str, area: str) -> Series | None:
        """Find a series; None when the indicator is not reported there."""
        for series in self.series:
            if series.indicator.id == indicator and fold(series.area) == fold(area):
                return series
        return None

    def at(self, year: float) -> int:
        """Give the position of a year."""
        return int(np.argmin(np.abs(self.years - year)))


def variables_of(indicators: Iterable[Indicator]) -> tuple[str, ...]:
    """Give the variables of the model that indicators are made of."""
    names = [name for i in indicators for name in (i.variable, i.per, i.weight) if name]
    return tuple({fold(name): name for name in names}.values())


def measure(trajectory: Trajectory, indicators: Sequence[Indicator], place: Place, run: int = 0) -> Measured:
    """Give every indicator by area and year.

    An indicator whose variable has no regions is reported for the whole place only.
    """
    series: list[Series] = []
    for indicator in indicators:
        parts, regional = _parts(trajectory, indicator, place, slice(run, run + 1))
        areas = place.areas if regional else (place.name,)
        series.extend(
            Series(
                indicator=indicator,
                area=area,
                values=_combine(parts, indicator, _rows(area, place))[:, 0],
            )
            for area in areas
        )
    return Measured(years=trajectory.times, series=tuple(series))


def measure_each(
    trajectory: Trajectory, indicators: Sequence[Indicator], place: Place
) -> tuple[Measured, ...]:
    """Give for every run what `measure` gives for one."""
    areas, runs = place.areas, trajectory.values[0].shape[-1]
    series: list[list[Series]] = [[] for _ in range(runs)]
    for indicator, values in measure_areas(trajectory, indicators, place, areas):
        regional = place.axis(trajectory.output(indicator.variable).axes) is not None
        where = areas if regional else areas[:1]  # the whole place comes first
        for run, found in enumerate(np.ascontiguousarray(np.moveaxis(values, -1, 0))):
            series[run].extend(
                Series(indicator=indicator, area=area, values=one)
                for area, one in zip(where, found, strict=False)
            )
    return tuple(Measured(years=trajectory.times, series=tuple(one)) for one in series)


def measure_runs(
    trajectory: Trajectory, indicator: Indicator, place: Place, areas: Iterable[str]
) -> dict[str, Floats]:
    """Give one indicator for every run, shape (times, runs), in those of some areas where it is reported."""
    parts, regional = _parts(trajectory, indicator, place, slice(None))
    return {
        area: _combine(parts, indicator, _rows(area, place))
        for area in areas
        if regional or area == place.name
    }


def measure_areas(
    trajectory: Trajectory, indicators: Sequence[Indicator], place: Place, areas: Sequence[str]
) -> Iterator[tuple[Indicator, Floats]]:
    """Give each indicator for every run and several areas, shape (areas, times, runs); the same as `measure`.

    NaN in areas where it is not reported. What several indicators need is summed once.
    """
    rows = [_rows(area, place) for area in areas]
    shape = (len(areas), len(trajectory.times), trajectory.values[0].shape[-1])
    summed: dict[tuple[object, ...], Floats] = {}

    def sums(part: Floats, *key: object) -> Floats:
        if key not in summed:
            total = summed[key] = np.empty(shape)
            for area, members in enumerate(rows):
                if min(len(part), len(members)) == 1:  # a part that is not by region holds for all of them
                    total[area] = part[members[0] if len(part) > 1 else 0]
                else:
                    np.sum(part[members], axis=0, out=total[area])
        return summed[key]

    for indicator in indicators:
        parts, regional = _parts(trajectory, indicator, place, slice(None))
        select = tuple(indicator.select.items())
        divisor = indicator.per or indicator.weight
        if indicator.weight:
            value = sums(parts[0] * parts[1], fold(indicator.variable), fold(indicator.weight), select)
        else:
            value = sums(parts[0], fold(indicator.variable), indicator.total, select)
        if divisor:
            with np.errstate(divide="ignore", invalid="ignore"):
                value = value / sums(parts[1], fold(divisor), indicator.total, select)
        values = indicator.scale * value
        if not (finite := np.isfinite(values)).all():
            values[~finite] = np.nan
        if not regional:
            values[[area != place.name for area in areas]] = np.nan
        yield indicator, values


def _parts(
    trajectory: Trajectory, indicator: Indicator, place: Place, runs: slice
) -> tuple[tuple[Floats, ...], bool]:
    """Give the variable, and what divides or weights it, as (regions or 1, times, runs); and if by region."""
    names = [name for name in (indicator.variable, indicator.per or indicator.weight) if name]
    found = [_regional(trajectory, name, indicator.select, place, runs) for name in names]
    parts = tuple(_change(part) if indicator.total else part for part, _ in found)
    return parts, found[0][1]


def _change(stock: Floats) -> Floats:
    """Give what an accumulating stock gained since the year before."""
    return np.diff(stock, axis=1, prepend=np.full_like(stock[:, :1], np.nan))


def _regional(
    trajectory: Trajectory, name: str, select: Mapping[str, str], place: Place, runs: slice
) -> tuple[Floats, bool]:
    position = trajectory.index(name)
    axes = trajectory.outputs[position].axes
    values: Floats = trajectory.values[position][..., runs]
    regional = place.axis(axes)
    elements = {fold(element) for element in select.values()}
    for axis in reversed(range(len(axes))):
        if axis == regional:
            continue
        chosen = [i for i, element in enumerate(axes[axis]) if fold(element) in elements]
        values = np.take(values, chosen[:1] or range(len(axes[axis])), axis=axis).sum(axis=axis)
    return (values, True) if regional is not None else (values[np.newaxis], False)


def _combine(parts: tuple[Floats, ...], indicator: Indicator, rows: list[int]) -> Floats:
    # A part that is not by region holds for all of them.
    value, *other = (part[rows] if len(part) > 1 else part for part in parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        if indicator.per:
            total = value.sum(axis=0) / other[0].sum(axis=0)
        elif indicator.weight:
            total = (value * other[0]).sum(axis=0) / other[0].sum(axis=0)
        else:
            total = value.sum(axis=0)
    total = np.where(np.isfinite(total), total, np.nan)
    return np.asarray(indicator.scale * total, dtype=float)


def _rows(area: str, place: Place) -> list[int]:
    members = place.members(area) or ()
    return [i for i, region in enumerate(place.regions) if region in members]
