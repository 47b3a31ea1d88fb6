"""A value as a person writes it: a number, or so much more or less than the place has."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from urbsim.errors import ValueProblemError, as_number

_RELATIVE = re.compile(
    r"\s*(?:[x×]\s*(?P<factor>\d+(?:\.\d*)?(?:e[+-]?\d+)?)|(?P<percent>[+-]\s*\d+(?:\.\d*)?)\s*%)\s*",
    re.IGNORECASE,
)
_LIKE = re.compile(r"[x×]\s*(?:[-+\d.]|$)", re.IGNORECASE)  # meant for a multiple


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A value: a number [unit of the lever], or a multiple of the value that the place has.

    Parameters
    ----------
    position
        The name of a lever's position, as written, where that is all that is known yet; `study.position`
        puts the value in its place.
    """

    number: float
    relative: bool = False
    position: str = ""

    def of(self, base: float) -> float:
        """Give the value, for a place whose own value is `base`."""
        if self.position:
            raise ValueError(f"'{self.position}' is the name of a position, and has no value yet")
        return self.number * base if self.relative else self.number

    def __str__(self) -> str:
        if self.position:
            return self.position
        return f"x{self.number:.12g}" if self.relative else f"{self.number:.12g}"

    @staticmethod
    def named(text: str) -> Amount:
        """Read ``x1.5`` and the like, or else the name of a position: text that begins with a letter."""
        try:
            return Amount.parse(text)
        except ValueProblemError:
            if not text[:1].isalpha() or as_number(text) or _LIKE.match(text):
                raise
            return Amount(number=math.nan, position=text)

    @staticmethod
    def parse(text: str) -> Amount:
        """Read ``x1.5``, ``+10%`` or ``-10%``.

        Examples
        --------
        >>> round(Amount.parse("-10%").of(2300.0), 6)
        2070.0
        """
        match = _RELATIVE.fullmatch(text)
        if match is None:
            what = f"'{text}' is text, expected a number, or x1.5, +10%, -10%"
            raise ValueProblemError(what, as_number(text))
        if match["factor"]:
            return Amount(number=float(match["factor"]), relative=True)
        return Amount(number=1 + float(match["percent"].replace(" ", "")) / 100, relative=True)
