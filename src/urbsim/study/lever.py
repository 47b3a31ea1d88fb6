"""A policy lever: something a government can set, and the constant of the model it acts through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.words import LANGUAGES, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A value of a lever that has a name, such as "as planned".

    Parameters
    ----------
    amount
        A number [unit of the lever], or a multiple of the value that the place has.
    year
        The year by the end of which a plan wants it; None where it states none.
    clause, source
        Where that value stands, in words and as an id of a place's `sources.csv`.
    """

    name: Words
    amount: Amount
    year: int | None = None
    clause: Words = field(default_factory=Words)
    source: str = ""

    def is_called(self, name: str) -> bool:
        """Tell whether a text is the position's name, in either language."""
        return fold(name) in {fold(self.name[language]) for language in LANGUAGES}


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
    clause, source
        The plan clause that the lever stands for, in words, and the plan as an id of a place's `sources.csv`.
    positions
        Values with names of their own; `study.position` knows those that levers have in common.
    """

    id: str
    name: Words
    variable: str
    unit: str
    range: tuple[float, float]
    select: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    clause: Words = field(default_factory=Words)
    source: str = ""
    note: Words = field(default_factory=Words)
    positions: tuple[Position, ...] = ()
    where: str = ""

    def __post_init__(self) -> None:
        if self.range[0] > self.range[1]:
            raise ValueError(f"range is {self.range[0]:g} to {self.range[1]:g}, expected the lower first")
        if self.scale == 0:
            raise ValueError("scale is 0, expected any other number")
        for position in self.positions:
            amount = position.amount
            if not amount.relative and not self.range[0] <= amount.number <= self.range[1]:
                span = f"{self.range[0]:g} to {self.range[1]:g}"
                raise ValueError(f"position '{position.name.en}' is {amount}, allowed are {span}")
