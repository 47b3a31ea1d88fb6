"""Results in the layout that integrated-assessment models exchange theirs in (IAMC)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from urbsim.study.outcome import Outcome


def write_iamc(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write every indicator by scenario and region, as CSV, or as a workbook when it ends in `.xlsx`."""
    raise NotImplementedError
