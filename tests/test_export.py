"""`urbsim export`: what it writes is the place's model, to urbsim and to other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.places.build import write_tiny
from tests.vensim import pysd_run
from urbsim.engine.simulate import simulate
from urbsim.export import export_place, write_export
from urbsim.model.lower import lower
from urbsim.model.read import read_model
from urbsim.names import fold
from urbsim.study.apply_place import apply_place
from urbsim.study.place_file import read_place

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "urbanization.mdl"
CHONGQING = ROOT / "models" / "places" / "chongqing"
WIDEST = 255  # [characters] of a line; those of numbers stay far below


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give a place of four regions and one of two, in which people move."""
    moving = {
        "Urban fertility path": 1.0,
        "Death rate": 0.008,
        "Base village departure rate": {"east": 0.05, "west": 0.03},
        "Base village return rate": 0.01,
        "Base arrivals from outside": 500.0,
        "Base application rate": 0.04,
        "Income elasticity": 0.8,
        "Job elasticity": 0.6,
        "Service elasticity": 0.3,
        "Land wanted over land in use": 1.2,
        "Base quota": {"east": 1.0, "west": 2.0},
    }
    tiny = write_tiny(tmp_path_factory.mktemp("places") / "tiny", moving)
    return {"chongqing": CHONGQING, "tiny": tiny}


@pytest.fixture(scope="module")
def exports(places: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exports")
    for name, place in places.items():
        write_export(place, folder / f"{name}.mdl")
    return {name: folder / f"{name}.mdl" for name in places}


def assert_same_numbers(theirs: pd.DataFrame, ours: pd.DataFrame, columns: list[str]) -> None:
    for column in columns:
        expected = theirs[column].to_numpy(dtype=float)
        np.testing.assert_allclose(ours[column], expected, rtol=1e-9, atol=1e-9, err_msg=column)


@pytest.mark.parametrize("name", ["chongqing", "tiny"])
def test_reading_an_export_gives_the_model_of_the_place(
    name: str, places: dict[str, Path], exports: dict[str, Path]
) -> None:
    place = read_place(places[name])
    applied = apply_place(read_model(MODEL), place)

    back = read_model(exports[name])

    assert back.dimensions == applied.dimensions
    assert [(v.name, v.unit, v.doc, v.kind) for v in back.variables.values()] == [
        (v.name, v.unit, v.doc, v.kind) for v in applied.variables.values()
    ]
    for key, variable in applied.variables.items():
        if variable.kind in {"stock", "auxiliary"}:
            mine, theirs = (
                [(e.subscripts, e.excepted, e.expression) for e in v.equations]
                for v in (variable, back.variables[key])
            )
            assert mine == theirs, variable.name
    one, other = lower(applied), lower(back)
    assert one.arrays == other.arrays
    assert one.values == other.values  # noqa: PD011
    assert one.tables == other.tables


@pytest.mark.parametrize("name", ["chongqing", "tiny"])
def test_pysds_euler_run_of_an_export_is_ours(name: str, exports: dict[str, Path], tmp_path: Path) -> None:
    copy = tmp_path / "export.mdl"  # PySD writes its translation beside the model
    copy.write_bytes(exports[name].read_bytes())
    theirs = pysd_run(copy, final_time=2020.25, saveper=0.0625)

    model = read_model(exports[name])
    ours = simulate(
        model, solver="euler", stop=2020.25, save=theirs.index.to_numpy(), honest=False
    ).to_frame()

    stocks = tuple(f"{v.name}[" for v in model.variables.values() if v.kind == "stock")
    columns = [c for c in theirs.columns if c.startswith(stocks)]
    assert len(columns) > 100
    assert_same_numbers(theirs, ours, columns)


@pytest.mark.parametrize("name", ["chongqing", "tiny"])
def test_pysimlins_euler_run_of_an_export_is_ours(name: str, exports: dict[str, Path]) -> None:
    simlin = pytest.importorskip("simlin", reason="pysimlin is not installed (pip install urbsim[bench])")
    theirs = simlin.load(str(exports[name])).run(analyze_loops=False).results

    model = read_model(exports[name])
    run = simulate(model, solver="euler", honest=False)

    ours = run.to_frame().rename(columns=spelled)
    theirs = theirs.loc[run.times].rename(columns=spelled)
    stocks = tuple(f"{fold(v.name)}[" for v in model.variables.values() if v.kind == "stock")
    columns = [c for c in ours.columns if c.startswith(stocks)]
    assert len(columns) > 100
    assert_same_numbers(theirs, ours, columns)


def spelled(column: str) -> str:
    name, _, elements = column.partition("[")
    return fold(name) + ("[" + ",".join(map(fold, elements.rstrip("]").split(","))) + "]" if elements else "")


def test_an_export_keeps_comments_units_groups_and_sketch_and_changes_numbers_alone(tmp_path: Path) -> None:
    sketch = "\\\\\\---/// Sketch information - do not modify anything except names\nV300\n"
    shipped = MODEL.read_text(encoding="utf-8").partition("\\\\\\---///")[0]
    model = tmp_path / "model.mdl"
    model.write_text(shipped.replace("{UTF-8}", "{UTF-8}\n{ a comment }", 1) + sketch, encoding="utf-8")

    text = export_place(write_tiny(tmp_path / "tiny", {"Nesting": 0.25}, model))

    assert text.startswith(
        "{UTF-8}\n{ a comment }\nRegion:\n\teast, west\n\t~\n\t~\tThe regions of the place."
    )
    assert text.endswith(sketch)
    assert "\nNesting=\n\t0.25\n\t~\tdmnl [0,1]\n" in text
    for heading in (line for line in shipped.splitlines() if line.startswith("\t.")):
        assert f"\n{heading}\n" in text
    numbers = [line for line in text.splitlines() if line.lstrip()[:1].isdigit() or line.startswith("\t(2")]
    assert len(numbers) > 100
    assert max(map(len, numbers)) < WIDEST


def test_a_run_of_an_export_starts_where_it_is_told(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "tiny")
    about = (folder / "place.yaml").read_text(encoding="utf-8")
    (folder / "place.yaml").write_text(
        about.replace("base_years: [2020]", "base_years: [2010, 2020]"), encoding="utf-8"
    )
    rows = (folder / "parameters.csv").read_text(encoding="utf-8").splitlines()
    moved = "Initial quota bank,,,10"
    (folder / "base.csv").write_text(
        "variable,region,element,value,low,high,unit,confidence,source,note,year\n"
        "Initial quota bank,,,7,,,km2,judgement,round,,2010\n"
        "Initial quota bank,,,10,,,km2,judgement,round,,2020\n",
        encoding="utf-8",
    )
    (folder / "parameters.csv").write_text(
        "\n".join(row for row in rows if not row.startswith(moved)) + "\n", encoding="utf-8"
    )

    text = export_place(folder, start=2010)

    assert "\nINITIAL TIME=\n\t2010\n" in text
    assert "\nInitial quota bank[Region]=\n\t7,7\n" in text
    assert "\nInitial quota bank[Region]=\n\t10,10\n" in export_place(folder)


def test_names_that_vensim_would_misread_stand_in_quotes(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "tiny")
    about = (folder / "place.yaml").read_text(encoding="utf-8")
    about = (
        about.replace("  east:", "  far-east:")
        .replace("  west:", "  渝西 2:")
        .replace("[east]", "[far-east]")
    )
    (folder / "place.yaml").write_text(about, encoding="utf-8")
    for name in ("targets.csv", "history.csv", "references.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        text = text.replace(",east,", ",far-east,").replace(",west,", ",渝西 2,")
        (folder / name).write_text(text, encoding="utf-8")

    write_export(folder, tmp_path / "out.mdl")

    assert '\nRegion:\n\t"far-east", 渝西 2\n' in (tmp_path / "out.mdl").read_text(encoding="utf-8")
    run = simulate(read_model(tmp_path / "out.mdl"), stop=2021, honest=False)
    assert [fold(e) for e in run.output("Residents").axes[0]] == ["far-east", "渝西 2"]


def test_a_place_of_one_region_exports_as_well(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "tiny", {"Base village departure rate": 0.05})
    for file in folder.iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(line for line in lines if "west" not in line) + "\n", encoding="utf-8")

    write_export(folder, tmp_path / "out.mdl")

    model = read_model(tmp_path / "out.mdl")
    assert lower(model).values == lower(apply_place(read_model(MODEL), read_place(folder))).values  # noqa: PD011


# --- the command -----------------------------------------------------------------------------------------


def test_a_file_that_is_there_is_not_overwritten_unless_asked(
    urbsim: Callable[..., int], tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert urbsim("export", "tiny", "out.mdl") == 0
    before = (tiny / "out.mdl").read_text(encoding="utf-8")

    assert urbsim("export", "tiny", "out.mdl") == 2
    assert "out.mdl: exists already, and is not overwritten" in capsys.readouterr().err
    assert urbsim("export", "tiny", "out.mdl", "--force") == 0
    assert (tiny / "out.mdl").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("export", "tinyy", "a.mdl"),
            "PLACE: there is no place 'tinyy'\n  fix: did you mean 'tiny'?",
        ),
        (("export", "tiny", "a.txt"), "a.txt: is not the name of a Vensim model"),
        (
            ("export", "tiny", "a.mdl", "--start", "1999"),
            "--start: the stocks of tiny are those of 2020, not 1999",
        ),
        (("export", "tiny", "a.mdl", "--set", "plan"), "--set: tiny has no parameters 'plan'"),
    ],
)
def test_what_cannot_be_exported_says_why(
    words: tuple[str, ...],
    message: str,
    urbsim: Callable[..., int],
    tiny: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert urbsim(*words) == 2
    assert message in capsys.readouterr().err
    assert not (tiny / words[2]).exists()


def test_a_folder_can_be_named_in_place_of_a_place(urbsim: Callable[..., int], tiny: Path) -> None:
    (tiny / "models" / "places" / "tiny").rename(tiny / "models" / "mine")
    about = tiny / "models" / "mine" / "place.yaml"
    about.write_text(about.read_text(encoding="utf-8").replace("../../", "../"), encoding="utf-8")

    assert urbsim("export", "models/mine", "out.mdl") == 0
