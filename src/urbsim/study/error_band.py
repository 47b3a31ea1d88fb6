"""How far the model itself may be off, for one indicator in one area at one time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.study.place import OwnError, Place

Kind = Literal["fitted", "hold-out", "continued", "record", "floor"]
FEW = 3  # observations, of which fewer say how parameters were fitted and not how well


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Half the width of a band around a run [unit of the indicator], and what it stands on.

    Parameters
    ----------
    kind
        ``fitted``: the year is one of those that the parameters were fitted to, the error theirs in those
        years. ``hold-out``: the model was off so far when it was held against years it had not seen.
        ``record``: an allowance for projections of this kind, judged from published ones, of which most
        missed by more; before the first year that it is given for, on a straight line from nothing.
        ``continued``: either of them beyond its longest horizon, along the straight line from the error
        within the fitted years (of the allowance: from nothing) to there. ``floor``: the error of fitted
        years, where that of later years, or of these parameters, is not known: the least that it can be.
    horizon
        Years after the last one that the parameters saw; negative within those years.
    """

    width: float
    kind: Kind
    horizon: float


def band_at(place: Place, indicator: str, area: str, time: float, *, parameter_set: str) -> Band | None:
    """Give how far a run with these parameters may be off at a time, by what was known when they were fitted.

    The horizon is counted from the last year that the parameters saw. Those of the tables were judged by all
    that was observed, whenever the run starts.
    """
    seen = place.last_seen(parameter_set)
    return error_band(place, indicator, area, time - seen, parameter_set=parameter_set, known=seen)


def margin_at(place: Place, indicator: str, area: str, time: float, *, parameter_set: str) -> float | None:
    """Give half the width of the band [unit of the indicator]; None where no more is known than the least."""
    band = band_at(place, indicator, area, time, parameter_set=parameter_set)
    return None if band is None or band.kind == "floor" else band.width


def margins_at(
    place: Place, indicator: str, area: str, years: Iterable[float], *, parameter_set: str
) -> npt.NDArray[np.float64]:
    """Give `margin_at` of many years; NaN where it is not known."""
    margins = (margin_at(place, indicator, area, float(y), parameter_set=parameter_set) for y in years)
    return np.array([np.nan if margin is None else margin for margin in margins])


def error_band(
    place: Place, indicator: str, area: str, horizon: float, *, parameter_set: str, known: float
) -> Band | None:
    """Give the band so many years after the last that is known to the run, None where nothing tells it.

    Where both the hold-out and the allowance do, the wider holds. `known` is the year by which
    errors must have been found to count: a run as of 2020 cannot know how far it was to be off in 2024.
    """
    rows = [
        row
        for row in place.errors
        if row.indicator == indicator and place.area(row.region) == place.area(area)
    ]
    least = _within(rows, parameter_set, known)
    least = None if least is None else replace(least, horizon=horizon)
    if horizon <= 0:
        return least
    within = None if least is None else least.width
    found = (_held_out(rows, within, horizon, known), _recorded(place, indicator, area, horizon))
    widest = max((band for band in found if band is not None), key=lambda band: band.width, default=None)
    if widest is None:
        return None if least is None else replace(least, kind="floor")
    return widest if within is None else replace(widest, width=max(widest.width, within))


def _within(rows: list[OwnError], parameter_set: str, known: float) -> Band | None:
    """Give the error within the fitted years: of these parameters, or as the least the largest of others."""
    fitted = [row for row in rows if not row.horizon and row.n >= FEW]
    own = [row.error for row in fitted if row.parameter_set == parameter_set]
    if own:
        return Band(width=max(own), kind="fitted", horizon=0)
    others = [row.error for row in fitted if row.last_year <= known]
    return Band(width=max(others), kind="floor", horizon=0) if others else None


def _held_out(rows: list[OwnError], within: float | None, horizon: float, known: float) -> Band | None:
    """Give the error of the hold-out: between horizons, and beyond, on straight lines; it never shrinks."""
    after = [row for row in rows if row.horizon and row.last_year <= known]
    if not after:
        return None
    sets = {row.parameter_set for row in after}
    start = max((row.error for row in rows if not row.horizon and row.parameter_set in sets), default=None)
    found = {float(row.horizon): row.error for row in sorted(after, key=lambda row: row.error)}
    least = next((error for error in (within, start) if error is not None), found[min(found)])
    horizons = [0.0, *sorted(found)]
    widths = np.maximum.accumulate([least, *(found[one] for one in sorted(found))])
    last, most = horizons[-1], float(widths[-1])
    if horizon > last:
        slope = max(0.0, most - (start or 0.0)) / last
        return Band(width=most + slope * (horizon - last), kind="continued", horizon=horizon)
    return Band(width=float(np.interp(horizon, horizons, widths)), kind="hold-out", horizon=horizon)


def _recorded(place: Place, indicator: str, area: str, horizon: float) -> Band | None:
    """Give the allowance for projections of this kind so many years after what they knew last."""
    if place.area(area) != place.name:
        return None
    known = sorted(
        (m.year - place.last_observed_year, m.value) for m in place.margins if m.indicator == indicator
    )
    if not known:
        return None
    last, most = known[-1]
    if horizon > last:
        return Band(width=most * horizon / last, kind="continued", horizon=horizon)
    width = float(np.interp(horizon, [0, *(h for h, _ in known)], [0.0, *(value for _, value in known)]))
    return Band(width=width, kind="record", horizon=horizon)
