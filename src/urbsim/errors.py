"""What is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

LISTED = 12  # names that an error lists


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: what, where (file, line, key) and how to mend it."""

    what: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  fix: {self.fix}" if self.fix else text


class InputError(Exception):
    """The input is wrong: every problem found, not just the first (exit status 2)."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        # The problems themselves go to `args`, or the error could not return from a worker process.
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class ModelError(InputError):
    """A model file cannot be understood."""


class PlaceError(InputError):
    """A place folder is wrong or does not fit the model."""


class ScenarioError(InputError):
    """A scenario file is wrong or does not fit the model or its place."""


class ValueProblemError(ValueError):
    """A value is wrong by itself; whoever reads the file adds where it stands."""

    def __init__(self, what: str, fix: str = "") -> None:
        self.fix = fix
        super().__init__(what)


class RunError(Exception):
    """A run could not be completed; the message says for which variable and when (exit status 1)."""


def as_number(text: str) -> str:
    """Say how to write a text that means a number; empty when it means none.

    Examples
    --------
    >>> as_number("90%"), as_number("6"), as_number("much")
    ('write 90', 'remove the quotes', '')
    """
    plain = text.strip()
    bare = plain.rstrip("%％").rstrip()
    try:
        float(bare)
    except ValueError:
        return ""
    return "remove the quotes" if bare == plain else f"write {bare}"


def suggestion(name: str, known: Sequence[str], see: str = "") -> str:
    """Offer the nearest known name, or list the known ones when none is near.

    `see` says where a person finds all of them when they are too many to list here.
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if near:
        return f"did you mean '{folded[near[0]]}'?"
    if len(known) > LISTED:
        few = ", ".join(known[: LISTED // 3 if see else LISTED])
        return f"known names: {few}, …" + (f" see {see}" if see else "")
    return f"known names: {', '.join(known)}" if known else "there are none"
