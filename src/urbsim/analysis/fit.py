"""Fit parameters to history by weighted least squares. The only door to scipy's optimizers.

Every run is made with a fixed step, at which the engine takes all columns of a finite-difference Jacobian in
one call, and always in the same order: the same input gives the same parameters to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from urbsim.analysis.calibration import JOINT, Calibration, SetPlan
from urbsim.analysis.datum import Datum
from urbsim.analysis.knob import Knob
from urbsim.engine.compile import System
from urbsim.engine.schedule import Floats, Schedule
from urbsim.engine.solve import solve
from urbsim.errors import RunError
from urbsim.study.place import Place
from urbsim.study.report import measure_runs

Bools = npt.NDArray[np.bool_]

STEP = 1e-4  # [prior standard deviations] to either side for a slope
TOLERANCE = 1e-10  # of the fit, in cost, step and slope
MOST_STEPS = 100  # of the fit in a stage
AT_BOUND = 1e-3  # [-] of the range: nearer to an end is on it
ROOM = 200_000_000  # [byte] that the outputs of the runs of one call may take
DIGITS = 10  # of a fitted value in its table


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a stage of the fit did.

    Parameters
    ----------
    before, after
        Sum of the squared weighted residuals of its observations, and of the prior of its parameters [-].
    prior
        What the prior adds to it at the end [-].
    runs
        Runs of the model it took, those for slopes included.
    """

    name: str
    parameters: int
    residuals: int
    before: float
    after: float
    prior: float
    runs: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted parameter.

    Parameters
    ----------
    error
        Standard error [unit of the knob]; None where the parameter is on a bound, or nothing tells its value.
    learned
        Share of the prior variance that the observations took away [-]; None without a prior.
    """

    knob: Knob
    value: float
    error: float | None
    bound: str
    learned: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A set of parameters fitted to history.

    Parameters
    ----------
    correlations
        Between the parameters, NaN for those without a standard error, shape (n, n).
    before, after
        Sum of the squared weighted residuals of all observations at the central values and at the end [-],
        with error control.
    variance
        Of a weighted residual, by which the standard errors are scaled; 1 where the weights are absolute.
    """

    name: str
    plan: SetPlan
    stages: tuple[Stage, ...]
    parameters: tuple[Fitted, ...]
    correlations: Floats
    data: tuple[Datum, ...]
    before: float
    after: float
    variance: float


class Residuals:
    """Weighted residuals of the observations for columns of parameters.

    An observation that runs from several base years are held against counts as one, not as many.
    """

    def __init__(
        self,
        system: System,
        place: Place,
        plan: SetPlan,
        knobs: Sequence[Knob],
        data: Sequence[Datum],
        inputs: Mapping[int, Floats],
    ) -> None:
        self._system, self._place, self._knobs, self._inputs = system, place, knobs, inputs
        self._data = data
        self._uses = [(start, i) for start in plan.runs for i, datum in enumerate(data) if start < datum.year]
        times = {i: sum(1 for _, j in self._uses if j == i) for i in range(len(data))}
        self._weights = np.array([1 / (data[i].error * np.sqrt(times[i])) for _, i in self._uses])
        self._values = np.array([data[i].value for _, i in self._uses])
        self.runs = 0

    def rows(self, stage: str) -> Bools:
        """Give the rows that a stage looks at, as truth values."""
        return np.array([stage == JOINT or stage in self._data[i].stages for _, i in self._uses], dtype=bool)

    def __call__(self, turns: Floats, solver: str) -> Floats:
        """Give the residuals (n_rows, n_columns) for knobs turned by `turns`, (n_knobs, n_columns)."""
        residuals = np.empty((len(self._uses), turns.shape[1]))
        for start in dict.fromkeys(start for start, _ in self._uses):
            rows = [row for row, (begin, _) in enumerate(self._uses) if begin == start]
            last = max(self._data[self._uses[row][1]].year for row in rows)
            years = np.arange(start, last + 0.5)
            columns = self._columns(start, turns)
            size = self._system.layout.outputs * years.size * 8
            width = max(1, ROOM // size)
            for first in range(0, turns.shape[1], width):
                part = slice(first, first + width)
                schedule = Schedule(
                    start=float(start),
                    stop=float(last),
                    save=years,
                    inputs=np.ascontiguousarray(columns[:, part]),
                )
                residuals[rows, part] = self._deviations(schedule, rows, solver)
        return residuals

    def _columns(self, start: int, turns: Floats) -> Floats:
        columns = np.repeat(self._inputs[start][:, np.newaxis], turns.shape[1], axis=1)
        for knob, turn in zip(self._knobs, turns, strict=True):
            value = knob.value(turn)
            for part in knob.parts:
                columns[list(part.slots)] = part.times * value
        return columns

    def _deviations(self, schedule: Schedule, rows: Sequence[int], solver: str) -> Floats:
        trajectory = solve(self._system, schedule, solver=solver)
        self.runs += schedule.inputs.shape[1]
        data = [self._data[self._uses[row][1]] for row in rows]
        areas: dict[str, dict[str, None]] = {}
        for datum in data:
            areas.setdefault(datum.indicator.id, {})[datum.area] = None
        indicators = {datum.indicator.id: datum.indicator for datum in data}
        known = {
            id_: measure_runs(trajectory, indicators[id_], self._place, named) for id_, named in areas.items()
        }
        found = np.empty((len(rows), schedule.inputs.shape[1]))
        for position, datum in enumerate(data):
            series = known[datum.indicator.id][datum.area]
            found[position] = series[round(datum.year - schedule.start)]
        bad = ~np.isfinite(found).all(axis=1)
        if bad.any():
            datum = data[int(np.argmax(bad))]
            where = f"{datum.indicator.id} in {datum.area}, {datum.year}"
            raise RunError(f"{datum.where}: the model has no value for {where}")
        values, weights = self._values[list(rows), np.newaxis], self._weights[list(rows), np.newaxis]
        return np.asarray((found - values) * weights)


def fit(
    name: str,
    calibration: Calibration,
    plan: SetPlan,
    knobs: Sequence[Knob],
    data: Sequence[Datum],
    residuals: Residuals,
    progress: Callable[[Stage], object] = lambda _: None,
) -> Fit:
    """Fit the parameters stage by stage, then all of them together.

    Raises
    ------
    RunError
        The model cannot be run at the central values, or near the values found.
    """
    solver = calibration.solver
    turns = np.zeros(len(knobs))
    before = float((residuals(turns[:, np.newaxis], "rk45") ** 2).sum())
    stages: list[Stage] = []
    whole = False
    for stage in (*calibration.stages, JOINT):
        active = np.array([stage in (JOINT, knob.stage) for knob in knobs], dtype=bool)
        rows = residuals.rows(stage)
        if not active.any() or not rows.any() or whole:
            continue
        turns, done = _stage(stage, turns, active, rows, knobs, residuals, solver, prior=calibration.prior)
        stages.append(done)
        progress(done)
        whole = bool(active.all() and rows.all())  # the joint stage would only do it again
    turns, bounds = _on_bounds(turns, knobs)
    values = [float(f"{float(k.value(np.array(t))):.{DIGITS}g}") for k, t in zip(knobs, turns, strict=True)]
    rounded = np.array([k.turned(v) for k, v in zip(knobs, values, strict=True)])
    after = float((residuals(rounded[:, np.newaxis], "rk45") ** 2).sum())
    free = np.array([not bound for bound in bounds], dtype=bool)
    slopes = _slopes(turns, free, np.ones(len(residuals.rows(JOINT)), dtype=bool), knobs, residuals, solver)
    variance = 1.0
    if calibration.weights == "relative":
        spare = len(data) - int(free.sum())  # not rows: an observation of several runs counts once
        variance = after / spare if spare > 0 else 1.0
    covariance = _covariance(slopes, variance, prior=calibration.prior)
    deviations = np.full(len(knobs), np.nan)
    deviations[free] = np.sqrt(np.diag(covariance))
    correlations = np.full((len(knobs), len(knobs)), np.nan)
    scale = deviations[free]
    correlations[np.ix_(free, free)] = covariance / np.outer(scale, scale)
    fitted = tuple(
        Fitted(
            knob=knob,
            value=value,
            error=knob.error(turn, deviation) if np.isfinite(deviation) else None,
            bound=bound,
            learned=1 - deviation**2 if calibration.prior and np.isfinite(deviation) else None,
        )
        for knob, value, turn, deviation, bound in zip(
            knobs, values, map(float, turns), map(float, deviations), bounds, strict=True
        )
    )
    return Fit(
        name=name,
        plan=plan,
        stages=tuple(stages),
        parameters=fitted,
        correlations=correlations,
        data=tuple(data),
        before=before,
        after=after,
        variance=variance,
    )


def _stage(
    name: str,
    turns: Floats,
    active: Bools,
    rows: Bools,
    knobs: Sequence[Knob],
    residuals: Residuals,
    solver: str,
    *,
    prior: bool,
) -> tuple[Floats, Stage]:
    """Turn the active knobs to where the squared residuals of the rows, and of the prior, are least."""
    begun = residuals.runs
    low, high = (np.array(ends) for ends in zip(*(k.bounds for k in knobs), strict=True))

    def spread(some: Floats) -> Floats:
        every = turns.copy()
        every[active] = some
        return every

    def deviations(some: Floats) -> Floats:
        try:
            own = residuals(spread(some)[:, np.newaxis], solver)[rows, 0]
        except RunError:  # too far; the fit then tries a shorter step
            own = np.full(int(rows.sum()), np.inf)
        return np.concatenate((own, some)) if prior else own

    def slopes(some: Floats) -> Floats:
        own = _slopes(spread(some), active, rows, knobs, residuals, solver)
        return np.concatenate((own, np.eye(len(some)))) if prior else own

    residuals(turns[:, np.newaxis], solver)  # what is wrong at the start is told, not stepped around
    found = least_squares(
        deviations,
        np.clip(turns[active], low[active], high[active]),
        jac=slopes,
        bounds=(low[active], high[active]),
        method="trf",
        ftol=TOLERANCE,
        xtol=TOLERANCE,
        gtol=TOLERANCE,
        max_nfev=MOST_STEPS,
    )
    before = float((deviations(turns[active]) ** 2).sum())
    stage = Stage(
        name=name,
        parameters=int(active.sum()),
        residuals=int(rows.sum()),
        before=before,
        after=2 * float(found.cost),
        prior=float((found.x**2).sum()) if prior else 0.0,
        runs=residuals.runs - begun,
        message="" if found.success else f"stopped after {MOST_STEPS} steps, short of the least",
    )
    return spread(found.x), stage


def _slopes(
    turns: Floats, active: Bools, rows: Bools, knobs: Sequence[Knob], residuals: Residuals, solver: str
) -> Floats:
    """Give the slopes of the residuals by central differences, one-sided at an end of the range."""
    which = np.flatnonzero(active)
    ends = np.array([knobs[i].bounds for i in map(int, which)]).reshape(-1, 2)
    columns = np.repeat(turns[:, np.newaxis], 2 * which.size, axis=1)
    below = np.maximum(turns[which] - STEP, ends[:, 0])
    above = np.minimum(turns[which] + STEP, ends[:, 1])
    turned = np.arange(which.size)
    columns[which, 2 * turned], columns[which, 2 * turned + 1] = below, above
    found = residuals(columns, solver)[rows]
    return np.asarray((found[:, 1::2] - found[:, 0::2]) / (above - below))


def _on_bounds(turns: Floats, knobs: Sequence[Knob]) -> tuple[Floats, list[str]]:
    """Set what came next to a bound on it."""
    turns, bounds = turns.copy(), []
    for i, knob in enumerate(knobs):
        low, high = knob.bounds
        near = AT_BOUND * (high - low)
        bounds.append("low" if turns[i] < low + near else "high" if turns[i] > high - near else "")
        turns[i] = {"low": low, "high": high}.get(bounds[-1], turns[i])
    return turns, bounds


def _covariance(slopes: Floats, variance: float, *, prior: bool) -> Floats:
    """Give the covariance of the parameters that are free; NaN for what nothing tells."""
    information = slopes.T @ slopes / variance
    if prior:
        information += np.eye(len(information))
    values, vectors = np.linalg.eigh(information)
    told = values > 1e-12 * values.max(initial=0.0)
    covariance = np.asarray((vectors[:, told] / values[told]) @ vectors[:, told].T)
    untold = (np.abs(vectors[:, ~told]) > 1e-6).any(axis=1)
    covariance[untold, :] = covariance[:, untold] = np.nan
    return covariance
