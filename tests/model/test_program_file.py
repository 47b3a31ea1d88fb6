"""A lowered model as plain data: what is read is what was written, to the last bit."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vensim import make_model
from urbsim.model import equations, program
from urbsim.model.equations import Table
from urbsim.model.lower import lower
from urbsim.model.program import (
    Array,
    Assign,
    At,
    Break,
    Const,
    Fold,
    Interpolate,
    Load,
    Loop,
    Memory,
    Op,
    Program,
    TableSet,
)
from urbsim.model.program_file import KINDS, digest_of
from urbsim.model.read import read_model
from urbsim.plain import read_plain, write_plain
from urbsim.study.apply_place import apply_place
from urbsim.study.place_file import read_place

ROOT = Path(__file__).parents[2]
EVERYTHING = """
Region: north, south ~~|
Age: young, old ~~|
table((0,0),(1,1),(2,4))
by[Region]((0,0),(10,1))
start[Region] = 1, 2
rate[Region,Age] = 0.1, 0.2; 0.3, 0.4;
level[Region] = INTEG(SUM(rate[Region,Age!]) - level[Region] / 7, start[Region])
late = DELAY3(level[north], 2)
smooth = SMOOTH N(late, 2, 1, 3)
fixed = DELAY FIXED(level[south], 1, 0)
seen = SAMPLE IF TRUE(Time > 2, late, 0)
jump = STEP(3, 2.5) + PULSE(1, 2) + PULSE TRAIN(1, 0.5, 2, 9) + RAMP(1, 2, 3)
forecast = FORECAST(late, 2, 5)
looked = table(late) + by[north](level[north]) + LOOKUP FORWARD(table, 1)
first = INITIAL(smooth) + VMAX(level[Region!]) * PROD(start[Region!])
"""

counts = st.integers(0, 60)
numbers = st.floats(allow_nan=True, allow_infinity=True)
names = st.text(max_size=8)
ats = st.builds(At, st.integers(-1, 9), st.lists(counts, max_size=4).map(tuple))
indices = st.lists(ats, max_size=3).map(tuple)
loops = st.lists(st.builds(Loop, counts, counts), max_size=2).map(tuple)
consts, loads = st.builds(Const, numbers), st.builds(Load, counts, indices)
nodes = st.recursive(
    consts | loads,
    lambda inner: (
        st.builds(Op, names, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Interpolate, counts, indices, inner)
        | st.builds(Fold, names, loops, inner)
    ),
    max_leaves=12,
)
assigns = st.lists(
    st.builds(Assign, target=counts, loops=loops, index=indices, expression=nodes), max_size=3
).map(tuple)
points = st.lists(numbers, max_size=4).map(tuple)
tables = st.builds(Table, points, points, st.sampled_from(("clamp", "extrapolate", "forward", "backward")))
places = st.none() | consts | loads
programs = st.builds(
    Program,
    source=names,
    method=st.sampled_from(("euler", "rk2", "rk4")),
    arrays=st.lists(
        st.builds(
            Array,
            name=names,
            unit=names,
            kind=st.sampled_from(("constant", "held", "stock", "auxiliary")),
            axes=st.lists(st.lists(names, max_size=3).map(tuple), max_size=2).map(tuple),
            owner=names,
        ),
        max_size=3,
    ).map(tuple),
    values=st.dictionaries(counts, points, max_size=3),
    tables=st.lists(
        st.builds(
            TableSet,
            name=names,
            shape=st.lists(counts, max_size=2).map(tuple),
            tables=st.lists(tables, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    initial=assigns,
    flows=assigns,
    reports=assigns,
    breaks=st.lists(st.builds(Break, consts | loads, places, places, places), max_size=2).map(tuple),
    moving_breaks=st.lists(names, max_size=2).map(tuple),
    unseen_breaks=st.booleans(),
    memories=st.lists(st.builds(Memory, counts, counts, st.none() | counts), max_size=2).map(tuple),
    fixed=st.dictionaries(counts, names, max_size=2),
    structural=st.dictionaries(counts, names, max_size=2),
    digest=names,
)


def comparable(value: Any) -> object:
    """Give everything in a value with its type, and numbers by their digits, so that NaN equals NaN."""
    if is_dataclass(value):
        return type(value), [comparable(getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, tuple):
        return tuple, list(map(comparable, value))
    if isinstance(value, dict):
        return dict, [(comparable(k), comparable(v)) for k, v in value.items()]
    if isinstance(value, float):
        return float, float.hex(value)
    return type(value), value


@given(programs)
def test_what_is_read_is_what_was_written(one: Program) -> None:
    assert comparable(read_plain(write_plain(one, KINDS), KINDS)) == comparable(one)


def test_every_noun_of_a_program_has_its_kind() -> None:
    here = {
        kind for _, kind in inspect.getmembers(program, is_dataclass) if kind.__module__ == program.__name__
    }

    assert set(KINDS) == {*here, equations.Table}


@pytest.mark.parametrize("folder", ["tests/data/tiny", "tests/data/line", "."])
def test_a_model_reads_back_as_it_is(folder: str) -> None:
    for path in sorted((ROOT / folder / "models").glob("*.mdl")):
        one = lower(read_model(path))

        back = read_plain(write_plain(one, KINDS), KINDS)

        assert back == one
        assert comparable(back) == comparable(one)


@pytest.mark.parametrize("place", ["chongqing", "districts"])
def test_the_model_of_a_place_reads_back_as_it_is(place: str) -> None:
    here = read_place(ROOT / "models" / "places" / place)
    one = lower(apply_place(read_model(here.model), here))

    back = read_plain(write_plain(one, KINDS), KINDS)

    assert back == one
    # Sets fitted to history carry a hash of these texts, see `analysis.set_file.fingerprint_of`.
    for part in ("method", "arrays", "tables", "initial", "flows", "reports", "breaks", "memories"):
        assert repr(getattr(back, part)) == repr(getattr(one, part)), part


def test_every_function_reads_back_as_it_is(tmp_path: Path) -> None:
    one = lower(make_model(tmp_path, EVERYTHING))

    assert one.memories
    assert one.breaks
    assert comparable(read_plain(write_plain(one, KINDS), KINDS)) == comparable(one)


def test_the_digest_hangs_on_what_a_program_does(tmp_path: Path) -> None:
    texts = ["a = 2\nx = INTEG(a * 3, 1)"] * 2 + ["a = 4\nx = INTEG(a * 3, 1)", "a = 2\nx = INTEG(a * 5, 1)"]
    folders = [tmp_path / str(i) for i in range(4)]
    for folder in folders:
        folder.mkdir()
    one, same, number, equation = (
        lower(make_model(folder, text)) for folder, text in zip(folders, texts, strict=True)
    )

    assert digest_of(one) == digest_of(read_plain(write_plain(one, KINDS), KINDS))
    assert digest_of(one) == digest_of(same) == digest_of(number)
    assert digest_of(one) != digest_of(equation)
    assert digest_of(one) != digest_of(replace(one, method="rk4"))
    assert digest_of(replace(one, digest="known")) == "known"


def test_the_digest_is_the_same_in_every_process(tmp_path: Path) -> None:
    model = make_model(tmp_path, EVERYTHING)
    code = (
        "import sys; from urbsim.model.lower import lower; from urbsim.model.read import read_model; "
        "from urbsim.model.program_file import digest_of; print(digest_of(lower(read_model(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, model.source]

    done = [
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        for seed in "12"
    ]

    assert {run.stdout.strip() for run in done} == {digest_of(lower(model))}
