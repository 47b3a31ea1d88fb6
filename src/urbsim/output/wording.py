"""What scenarios assume, in words for people who do not read code."""

from __future__ import annotations

from collections.abc import Sequence

from urbsim.study.lever import Lever
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language, Words


def assumptions(outcome: Outcome, language: Language) -> tuple[str, ...]:
    """Give a sentence for each lever and parameter that a scenario sets."""
    raise NotImplementedError


def position_of(lever: Lever, value: float, own: float) -> Words:
    """Name the position of a lever, of which the place's own value is `own` [unit of the lever]."""
    raise NotImplementedError


def sources_of(outcomes: Sequence[Outcome], language: Language) -> tuple[str, ...]:
    """Give title, publisher and date of every source that targets, observations and levers rest on."""
    raise NotImplementedError
