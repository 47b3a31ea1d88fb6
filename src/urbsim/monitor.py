"""A results folder and a file of new observations -> a folder that says how they agree. No science in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from urbsim import __version__
from urbsim.errors import InputError, Problem, suggestion
from urbsim.names import fold
from urbsim.output.result_file import read_result
from urbsim.output.tables.monitor import write_monitoring
from urbsim.study.monitoring import Monitoring, hold_against
from urbsim.study.observed_file import read_observed
from urbsim.study.outcome import Outcome, Run
from urbsim.study.place import NO_SET
from urbsim.study.text_file import shown
from urbsim.study.words import Language


def monitor(
    result: Path,
    observed: Path,
    folder: Path,
    *,
    scenario: str | None = None,
    languages: Sequence[Language] = (),
) -> Monitoring:
    """Hold the observations of a file against a run of a results folder, and write what comes of it.

    Parameters
    ----------
    scenario
        Name of the run; by default the only one beside the base, or else the base.
    languages
        Of the figures; none, no figures.

    Raises
    ------
    InputError
        The results folder, the table of observations or the name of the scenario is wrong.
    """
    recorded = read_result(result)
    outcome, run = choose(recorded.outcomes, scenario)
    found = hold_against(outcome, read_observed(observed, outcome.indicators, outcome.place, run.measured))
    write_monitoring(folder, found, facts_of(found, result, observed, recorded.facts), languages)
    return found


def choose(outcomes: Sequence[Outcome], name: str | None) -> tuple[Outcome, Run]:
    """Give the run that is meant: the one of a name; else the only one beside the base, or the base.

    Raises
    ------
    InputError
        There is none of that name, or it failed.
    """
    if name is None:
        others = [outcome for outcome in outcomes if outcome.base]
        outcome = others[0] if len(others) == 1 else outcomes[0]
    else:
        named = [outcome for outcome in outcomes if fold(outcome.name) == fold(name)]
        if not named:
            fix = suggestion(name, [outcome.name for outcome in outcomes])
            raise InputError(Problem(f"there is no scenario '{name}' in the folder", "--scenario", fix))
        outcome = named[0]
    if outcome.run is None:
        raise InputError(
            Problem(f"{outcome.name} failed: {outcome.failure}", "--scenario", "name another one")
        )
    return outcome, outcome.run


def facts_of(found: Monitoring, result: Path, observed: Path, made: Mapping[str, Any]) -> dict[str, Any]:
    """Give what made the folder of a monitoring; `made` is what made the results folder."""
    outcome = found.outcome
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "urbsim": __version__,
        "result": shown(result),
        "result_made": made.get("made"),
        "scenario": outcome.name,
        "parameter_set": outcome.parameter_set or NO_SET,
        "parameters_saw_until": outcome.place.last_seen(outcome.parameter_set),
        "observed": shown(observed),
        "observed_sha256": hashlib.sha256(observed.read_bytes()).hexdigest(),
        "observations": len(found.observations),
    }
