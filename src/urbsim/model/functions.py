"""The functions an equation may use: how many arguments each takes, and what it means.

Names are lower case with single spaces, as `fold` gives them. Formulas follow the Vensim Reference Manual
(Ventana Systems) and, for XMILE's own, the OASIS XMILE 1.0 specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Group = Literal["operator", "algebra", "array", "time", "lookup", "dynamic", "initial", "memory"]


@dataclass(frozen=True, slots=True)
class Function:
    """A supported function: what it belongs to, its least and greatest number of arguments, its meaning."""

    group: Group
    least: int
    most: int
    meaning: str


def _table(group: Group, arguments: int, **meanings: str) -> dict[str, Function]:
    return {
        name.replace("_", " "): Function(group, arguments, arguments, text) for name, text in meanings.items()
    }


FUNCTIONS: Mapping[str, Function] = {
    **{sign: Function("operator", 2, 2, f"a {sign} b") for sign in ("+", "-", "*", "/", "^")},
    **{
        sign: Function("operator", 2, 2, f"1 where a {sign} b, else 0")
        for sign in ("=", "<>", "<", "<=", ">", ">=")
    },
    **{word: Function("operator", 2, 2, f"1 where a {word} b, else 0") for word in ("and", "or")},
    "not": Function("operator", 1, 1, "1 where a is 0, else 0"),
    "negative": Function("operator", 1, 1, "-a"),
    **_table(
        "algebra",
        1,
        abs="magnitude",
        exp="e to the power a",
        ln="natural logarithm",
        sqrt="square root",
        sin="sine, radians",
        cos="cosine, radians",
        tan="tangent, radians",
        arcsin="inverse sine, radians",
        arccos="inverse cosine, radians",
        arctan="inverse tangent, radians",
        sinh="hyperbolic sine",
        cosh="hyperbolic cosine",
        tanh="hyperbolic tangent",
        integer="a without its fraction, towards zero",
        floor="the largest whole number not above a (XMILE's INT)",
    ),
    **_table(
        "algebra",
        2,
        min="the smaller",
        max="the larger",
        log="logarithm of a to the base b",
        power="a to the power b",
        modulo="a - QUANTUM(a, b)",
        quantum="b * INTEGER(a / b); a where b is below 1e-6",
        zidz="a / b; 0 where |b| is below 1e-6",
    ),
    "xidz": Function("algebra", 3, 3, "a / b; c where |b| is below 1e-6"),
    "if then else": Function("algebra", 3, 3, "b where a is not 0, else c"),
    "pi": Function("algebra", 0, 0, "the ratio of a circle's circumference to its diameter"),
    **_table(
        "array",
        1,
        sum="sum over the subscripts marked !",
        prod="product over the subscripts marked !",
        vmin="smallest over the subscripts marked !",
        vmax="largest over the subscripts marked !",
        elmcount="number of elements of a subscript range",
    ),
    **_table("time", 2, step="a from time b on, else 0", pulse="1 from time a for b, at least one TIME STEP"),
    "pulse train": Function("time", 4, 4, "1 from time a, every c for b, at least one TIME STEP, until d"),
    "ramp": Function("time", 2, 3, "slope a from time b to time c, or without end"),
    "xmile pulse": Function("time", 2, 2, "b / TIME STEP for one TIME STEP from time a"),
    "xmile pulse train": Function("time", 3, 3, "c / TIME STEP for one TIME STEP from time a, every b"),
    **_table(
        "lookup",
        2,
        lookup="a table at b, held beyond its ends",
        lookup_extrapolate="a table at b, its end slopes continued",
        lookup_forward="a table at b, the next point's value between points",
        lookup_backward="a table at b, the last point's value between points",
    ),
    "integ": Function("dynamic", 2, 2, "stock with net flow a and initial value b"),
    "smooth": Function("dynamic", 4, 4, "exponential average of a over time b, from c, of order d"),
    "delay": Function("dynamic", 4, 4, "material delay of a by time b, from outflow c, of order d"),
    "trend": Function("dynamic", 3, 3, "fractional growth rate of a, averaged over b, from c"),
    "forecast": Function("dynamic", 4, 4, "a continued along its trend over b for c, from trend d"),
    "game": Function("initial", 1, 1, "a itself: nobody is playing"),
    "initial": Function("initial", 1, 1, "the value of a at the start"),
    "active initial": Function("initial", 2, 2, "a; b while initial values are worked out"),
    "sample if true": Function("memory", 3, 3, "b while a holds, then its last such value; c before"),
    "delay fixed": Function("memory", 3, 3, "a as it was b ago; c before"),
}

# How a modeller writes the functions whose stored name differs, for messages.
SPELLED: Mapping[str, tuple[str, ...]] = {
    "smooth": ("smoothi", "smooth3", "smooth3i", "smooth n", "smth1", "smth3", "smthn"),
    "delay": ("delay1", "delay1i", "delay3", "delay3i", "delay n"),
    "lookup": ("with lookup",),
}
