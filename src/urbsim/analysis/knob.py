"""A parameter as the fit turns it: which inputs of the model it sets, and within what range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from urbsim.analysis.calibration import Z90, Tuned
from urbsim.engine.compile import Constant
from urbsim.engine.schedule import Floats
from urbsim.errors import PlaceError, Problem, suggestion
from urbsim.names import fold
from urbsim.study.apply_place import index_of
from urbsim.study.place import Number, Place
from urbsim.study.plan import Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Inputs that a knob sets to `times` its value; a row of the table of fitted parameters."""

    region: str
    elements: tuple[str, ...]
    times: float  # 1, or for a factor the number that it multiplies [unit]
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One number to fit, in its own unit, or a factor of several numbers.

    The fit turns it in standard deviations of what is thought of it beforehand, from its central value, on
    a straight or a logarithmic scale; its range is read as what holds it with 90 % probability.
    """

    label: str
    variable: str
    unit: str
    stage: str
    log: bool
    low: float
    high: float
    central: float
    parts: tuple[Part, ...]

    @property
    def spread(self) -> float:
        """Give the prior standard deviation, on the scale of the knob."""
        return float(self._scaled(self.high) - self._scaled(self.low)) / (2 * Z90)

    @property
    def bounds(self) -> tuple[float, float]:
        """Give the range in standard deviations from the central value."""
        return self.turned(self.low), self.turned(self.high)

    def turned(self, value: float) -> float:
        """Give a value in standard deviations from the central one."""
        return float(self._scaled(value) - self._scaled(self.central)) / self.spread

    def value(self, turn: Floats) -> Floats:
        """Give the value at so many standard deviations from the central one [unit, or a factor]."""
        at = self._scaled(self.central) + self.spread * turn
        return np.exp(at) if self.log else at

    def error(self, turn: float, deviation: float) -> float:
        """Give a standard error in the unit of the knob, to first order."""
        slope = float(self.value(np.array(turn))) if self.log else 1.0
        return slope * self.spread * deviation

    def _scaled(self, value: float) -> float:
        return float(np.log(value)) if self.log else value


def knobs_of(tuned: Sequence[Tuned], place: Place, system: Interface, parameter_set: str = "") -> list[Knob]:
    """Find the inputs, ranges and central values of the parameters to fit.

    Raises
    ------
    PlaceError
        Every parameter that the model does not have, or for which the tables give no range.
    """
    problems: list[Problem] = []
    constants = {fold(constant.name): constant for constant in system.constants}
    knobs: list[Knob] = []
    taken: dict[int, str] = {}
    for one in tuned:
        constant = constants.get(fold(one.variable))
        if constant is None:
            fix = suggestion(one.variable, [c.name for c in system.constants])
            problems.append(Problem(f"the model has no constant '{one.variable}'", one.where, fix))
            continue
        rows = [
            row
            for row in place.numbers_of(place.base_year, parameter_set)
            if fold(row.variable) == fold(one.variable)
        ]
        for knob in _knobs(one, constant, rows, place, problems):
            for slot in (slot for part in knob.parts for slot in part.slots):
                if slot in taken:
                    what = f"'{knob.label}' is fitted twice, also by {taken[slot]}"
                    problems.append(Problem(what, one.where))
                    break
                taken[slot] = one.where
            knobs.append(knob)
    if problems:
        raise PlaceError(dict.fromkeys(problems))
    return knobs


def _knobs(
    tuned: Tuned, constant: Constant, rows: Sequence[Number], place: Place, problems: list[Problem]
) -> Iterator[Knob]:
    name, axes = constant.name, constant.axes
    if not rows:
        problems.append(Problem(f"'{name}' has no number in the tables of {place.name}", tuned.where))
        return
    if any(row.base_year is not None for row in rows):
        what = f"'{name}' has a number for each base year ({rows[0].where}), expected one that holds for all"
        problems.append(Problem(what, tuned.where))
        return
    if tuned.by == "region" and place.axis(axes) is None:
        problems.append(Problem(f"by: '{name}' is not by region", tuned.where, "write 'by: place'"))
        return
    numbered = np.arange(constant.size).reshape([len(axis) for axis in axes])
    origin = np.full(numbered.shape, -1)  # of each element the row that gives its number
    for position, row in enumerate(rows):
        index = index_of(axes, place, row, problems)
        if index is not None:
            origin[index] = position
    elements = tuple(part.strip() for part in tuned.element.split("|")) if tuned.element else ()
    for region in place.regions if tuned.by == "region" else ("",):
        wanted = replace(rows[0], region=region, elements=elements, where=tuned.where)
        index = index_of(axes, place, wanted, problems)
        if index is None:
            return
        inside = np.atleast_1d(numbered[index]).ravel()
        givers = origin.ravel()[inside]
        inner = ",".join(filter(None, (region, *elements)))
        label = f"{name}[{inner}]" if inner else name
        found = [rows[i] for i in sorted(set(map(int, givers)))]
        if tuned.factor:
            parts = [
                Part(
                    region=region or row.region,
                    elements=elements or row.elements,
                    times=row.value,
                    slots=tuple(constant.first + int(s) for s in inside[givers == rows.index(row)]),
                )
                for row in found
            ]
            low, high, central, label = *tuned.factor, 1.0, f"{label} (factor)"
        else:
            row = found[-1]
            if len({(other.value, other.low, other.high) for other in found}) > 1:
                what = f"'{label}' is {len(found)} different numbers ({found[0].where} and on)"
                fix = "fit one of them ('by: region', 'element'), or all by one 'factor'"
                problems.append(Problem(what, tuned.where, fix))
                continue
            if row.low is None or row.high is None:
                what = f"'{label}' has no range, low to high"
                problems.append(Problem(what, row.where, "give both, or fit a 'factor'"))
                continue
            low, high, central = row.low, row.high, row.value
            slots = tuple(constant.first + int(s) for s in inside)
            parts = [Part(region=region, elements=elements, times=1.0, slots=slots)]
        log = tuned.scale == "log"
        if log and low <= 0:
            what = f"'{label}' may be {low:g}, which has no logarithm"
            problems.append(Problem(what, tuned.where, "write 'scale: linear'"))
        elif not low < high:
            problems.append(Problem(f"'{label}' has no room: low {low:g}, high {high:g}", found[-1].where))
        else:
            yield Knob(
                label=label,
                variable=name,
                unit=constant.unit,
                stage=tuned.stage,
                log=log,
                low=low,
                high=high,
                central=central,
                parts=tuple(parts),
            )
