"""Find the models, places and scenarios: beside the user's files, in the checkout or in the wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from urbsim.errors import InputError, Problem, suggestion

PARTS = ("models", "scenarios", "examples")
PAGE = Path("docs") / "formats.md"


def bundled() -> Path:
    """Give the folder that holds the `models`, `scenarios` and page of formats shipped with urbsim."""
    installed = Path(__file__).parent / "data"
    return installed if installed.is_dir() else Path(__file__).parents[2]


def places(near: Path) -> dict[str, Path]:
    """Give the places that a file in the folder `near` can name; the nearest of a name wins."""
    found: dict[str, Path] = {}
    for root in _roots(near):
        for file in sorted((root / "models" / "places").glob("*/place.yaml")):
            found.setdefault(file.parent.name, file.parent)
    return found


def find_place(name: str, near: Path, where: str = "") -> Path:
    """Find the folder of a place, given by its name or as a folder.

    Raises
    ------
    InputError
        There is no such place.
    """
    known = places(near)
    if name not in known and (near / name / "place.yaml").is_file():
        return near / name
    if name not in known:
        raise InputError(Problem(f"there is no place '{name}'", where, suggestion(name, sorted(known))))
    return known[name]


def find_model(given: Path) -> Path:
    """Give the model file that is meant: a file, or the name of one that is shipped."""
    shipped = bundled() / "models" / f"{given.name}.mdl"
    return shipped if not given.exists() and given.parent == Path() and shipped.is_file() else given


def scenarios(near: Path) -> dict[str, Path]:
    """Give the scenario files in `near`/scenarios and its folders, or else those shipped, by file name."""
    for root in (near, bundled()):
        files = sorted((root / "scenarios").rglob("*.yaml"), key=lambda file: (file.parent, file.name))
        if files:
            return {file.stem: file for file in files}
    return {}


def _roots(near: Path) -> Iterator[Path]:
    near = near.resolve()
    yield from (near, *near.parents, bundled())
