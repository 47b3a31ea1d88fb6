"""The lowered model of a place is kept, and never outlives what it follows from."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import urbsim
from urbsim import cache
from urbsim.batch import Study, read_study, run
from urbsim.errors import InputError
from urbsim.model.lower import lower
from urbsim.model.program import Const, Node, Op
from urbsim.model.program_file import KINDS, digest_of
from urbsim.study import kept as kept_module
from urbsim.study.kept import kept, sources
from urbsim.study.lowered import lowered_key
from urbsim.study.place_file import read_place

PLACE = Path("models/places/tiny")
MODEL = Path("models/tiny.mdl")
HEAVY = ("pysd", "xarray", "pandas", "matplotlib", "pyarrow", "pint", "SALib")
STARTED = (
    "import sys; from urbsim.batch import run; run(['scenarios/baseline.yaml']); "
    f"print([name for name in {HEAVY} if name in sys.modules])"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of an empty cache."""
    monkeypatch.setenv("URBSIM_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def programs(folder: Path) -> list[Path]:
    return sorted(folder.glob("program-*"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def same(one: Study, other: Study) -> bool:
    return one.system.program == other.system.program and one.doubts == other.doubts


def test_a_second_start_imports_nothing_that_it_can_do_without(tiny: Path) -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    assert "pysd" in first.stdout
    assert second.stdout.strip() == "[]"


def test_what_was_kept_is_what_was_lowered(tiny: Path, folder: Path) -> None:
    first, second = read_study(PLACE), read_study(PLACE)

    assert len(programs(folder)) == 1
    assert same(first, second)
    assert second.system.program.digest == digest_of(first.system.program)


def test_results_are_the_same_to_the_last_bit(tiny: Path) -> None:
    first, second = (run(["scenarios/baseline.yaml"]).outcomes[0].run for _ in range(2))

    assert first is not None
    assert second is not None
    for one, other in zip(first.trajectory.values, second.trajectory.values, strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("models/tiny.mdl", "Villagers[Region]+Townspeople[Region]", "Villagers[Region]*Townspeople[Region]"),
        (f"{PLACE}/parameters.csv", ",0.02,", ",0.025,"),
        (f"{PLACE}/base.csv", "4000000", "4000001"),
        (f"{PLACE}/paths.csv", "2030,1,", "2030,1.5,"),
    ],
)
def test_an_edit_is_seen_at_once(tiny: Path, name: str, old: str, new: str) -> None:
    before = read_study(PLACE)
    change(tiny / name, old, new)

    after = read_study(PLACE)

    assert not same(before, after)
    change(tiny / name, new, old)
    assert same(before, read_study(PLACE))


def test_numbers_alone_need_no_other_machine_code(tiny: Path) -> None:
    before = digest_of(read_study(PLACE).system.program)
    change(tiny / PLACE / "parameters.csv", ",0.02,", ",0.025,")

    assert digest_of(read_study(PLACE).system.program) == before


def test_another_state_of_the_code_never_meets_it(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = read_study(PLACE).place
    before = lowered_key(place)
    monkeypatch.setattr(kept_module, "CODE", "other code")

    assert lowered_key(place) != before


def test_the_code_that_counts_is_that_of_the_model_and_the_place() -> None:
    package = Path(urbsim.__file__).parent

    assert set(sources()) >= {
        package / name
        for name in (
            "names.py",
            "model/lower.py",
            "model/breaks.py",
            "study/apply_place.py",
            "study/doubt.py",
        )
    }


def test_a_warning_is_kept_with_it(tiny: Path) -> None:
    # With the regions of the place, the numbers of the file are compared with those of the tables.
    change(MODEL, "Region: north, south", "Region: east, west")

    first, second = read_study(PLACE), read_study(PLACE)

    assert "these numbers of the model file have no effect" in first.doubts[0]
    assert first.doubts == second.doubts


def test_mistakes_are_told_every_time(tiny: Path, folder: Path) -> None:
    change(tiny / PLACE / "parameters.csv", "Rate of moving,,", "Rate of movng,,")
    told = []
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            read_study(PLACE)
        told.append(str(caught.value))

    assert "parameters.csv:2: the model has no variable 'Rate of movng'" in told[0]
    assert told[0] == told[1]
    assert programs(folder) == []


def test_a_catalogue_that_does_not_fit_is_told_though_the_model_is_kept(tiny: Path, folder: Path) -> None:
    read_study(PLACE)
    change(tiny / "models/levers.yaml", "variable:", "varible:")

    with pytest.raises(InputError, match=r"levers\.yaml"):
        read_study(PLACE)
    assert len(programs(folder)) == 1


def test_a_model_that_changes_while_it_is_read_is_not_kept(
    tiny: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urbsim import batch

    def lower_and_edit(model: Any) -> Any:
        change(MODEL, "-Moving[Region]", "-2*Moving[Region]")
        return lower(model)

    monkeypatch.setattr(batch, "lower", lower_and_edit)

    read_study(PLACE)

    assert programs(folder) == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"Lowered":["",""]}', b"\xff"])
def test_what_is_no_program_is_worked_out_again(content: bytes) -> None:
    cache.store("word", "key", content)

    def read() -> str:
        return kept("word", lambda: "key", (), lambda: "made")

    assert read() == "made"
    assert read() == "made"


def test_an_equation_too_deep_for_the_file_is_worked_out_each_time(folder: Path) -> None:
    node: Node = Const(1.0)
    for _ in range(2000):
        node = Op("-", (node,))

    assert kept("node", lambda: "key", KINDS, lambda: node) is node
    assert not folder.exists()


def test_without_fitted_sets_it_is_another(line: Path, folder: Path) -> None:
    place = Path("models/places/line")

    assert lowered_key(read_place(place)) == lowered_key(read_place(place, sets=False))  # it has none yet
    one = read_place(place)
    assert lowered_key(one) != lowered_key(replace(one, parameter_set="other"))
