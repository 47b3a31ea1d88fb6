"""An indicator: a number that is reported, and how it adds up over regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A variable of the model as it is reported: indicator = scale * variable (/ per).

    Regions add up, unless `per` makes a ratio of sums or `weight` a weighted mean. Dimensions other than
    the region that `select` leaves open are summed.

    With `total`, the variable is a stock that accumulates a flow from the start of the run on, and what is
    reported of a year is the stock's change since the year before: the count of the calendar year, which
    the first year does not have. `per` then accumulates too, and the ratio is that of the two changes.

    `iamc` is its name in the layout of integrated-assessment models, such as ``Population|Urban``.
    """

    id: str
    name: Words
    unit: str
    variable: str
    select: Mapping[str, str] = field(default_factory=dict)
    per: str | None = None
    weight: str | None = None
    scale: float = 1.0
    total: bool = False
    note: Words = field(default_factory=Words)
    iamc: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if self.per and self.weight:
            raise ValueError("has both 'per' and 'weight', expected one of them at most")
        if self.total and self.weight:
            raise ValueError("has both 'total' and 'weight'; the total of a year has no weighted mean")
        if self.scale == 0:
            raise ValueError("scale is 0, expected any other number")
