"""A policy lever: something a government can set, and the constant of the model it acts through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A constant of the model that scenarios may move.

    Parameters
    ----------
    variable
        Constant of the model, a scalar or by region.
    select
        Dimension -> element, when the variable has more dimensions than the region.
    unit, scale
        Unit shown to the user; variable = scale * lever.
    range
        Lowest and highest value allowed [unit].
    clause
        The plan clause that the lever stands for.
    """

    id: str
    name: Words
    variable: str
    unit: str
    range: tuple[float, float]
    select: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    clause: Words = field(default_factory=Words)
    note: Words = field(default_factory=Words)
    where: str = ""

    def __post_init__(self) -> None:
        if self.range[0] > self.range[1]:
            raise ValueError(f"range is {self.range[0]:g} to {self.range[1]:g}, expected the lower first")
        if self.scale == 0:
            raise ValueError("scale is 0, expected any other number")
