"""What one lever of a scenario bought."""

from __future__ import annotations

from dataclasses import dataclass

TOGETHER = "*"  # in place of a lever: all that the scenario moves, at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one lever does to one indicator in one area and year, against the scenario's base [its unit].

    Levers act through each other, so that their contributions do not add up to what all of them do together;
    the two numbers say how far that goes.

    Parameters
    ----------
    lever
        Id of the lever, in all regions in which the scenario sets it otherwise than its base does; or
        `TOGETHER`, then `alone` and `last` are the same.
    total
        The indicator counts a calendar year, and the change is that of its sum from the first policy year on.
    alone
        The change when this lever alone is moved as in the scenario.
    last
        The change that is lost when it alone stays as in the base.
    """

    lever: str
    indicator: str
    area: str
    year: int
    alone: float
    last: float
    total: bool = False
