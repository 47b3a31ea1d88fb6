"""Simulate urbanization: equations and places in, trajectories and verdicts on plan targets out.

>>> import urbsim
>>> model = urbsim.read_model("models/urbanization.mdl")  # doctest: +SKIP
>>> urbsim.simulate(model, solver="rk45").to_frame()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urbsim.batch import Results, run
    from urbsim.engine.simulate import simulate
    from urbsim.engine.trajectory import Trajectory
    from urbsim.errors import InputError, ModelError, PlaceError, RunError, ScenarioError
    from urbsim.model.read import read_model
    from urbsim.study.place_file import read_place
    from urbsim.study.scenario_file import read_scenario

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "ModelError",
    "PlaceError",
    "Results",
    "RunError",
    "ScenarioError",
    "Trajectory",
    "read_model",
    "read_place",
    "read_scenario",
    "run",
    "simulate",
]

_HOMES = {
    "Results": "batch",
    "run": "batch",
    "simulate": "engine.simulate",
    "Trajectory": "engine.trajectory",
    "InputError": "errors",
    "ModelError": "errors",
    "PlaceError": "errors",
    "RunError": "errors",
    "ScenarioError": "errors",
    "read_model": "model.read",
    "read_place": "study.place_file",
    "read_scenario": "study.scenario_file",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then, so that `import urbsim` costs nothing (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'urbsim' has no attribute '{name}'")
    return getattr(import_module(f"urbsim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
