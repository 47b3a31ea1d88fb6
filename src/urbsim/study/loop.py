"""A feedback loop that the modeller names, and where it can be cut."""

from __future__ import annotations

from dataclasses import dataclass, field

from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A feedback loop of the model.

    Parameters
    ----------
    switch
        Constant of the model that cuts the loop when it is 0.
    description
        What goes round, in one line; where it is not given, the note on the switch says it.
    paths
        Ways of the loop, each by variables that it passes, the last of which acts on the first.
    """

    id: str
    name: Words
    switch: str
    paths: tuple[tuple[str, ...], ...]
    description: Words = field(default_factory=Words)
    where: str = ""

    def __post_init__(self) -> None:
        if not all(self.paths):
            raise ValueError("a path is empty, expected names of variables")
