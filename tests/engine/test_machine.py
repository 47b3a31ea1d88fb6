"""Machine code: the same numbers from every way of making it, and from the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.vensim import make_model
from urbsim import cache
from urbsim.engine import machine
from urbsim.engine.compile import System, compile_program
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.model.lower import lower

MODEL = """
Region: north, south, west ~~|
Age: young, old ~~|
rate = 0.1
t((0,0),(3,2),(9,1))
x[Region,Age] = INTEG(in[Region,Age] - out[Region,Age], 1 + rate)
in[Region,Age] = share[Region]*total^0.7*EXP(-x[Region,Age])
out[Region,Age] = rate*x[Region,Age]*pull[Region]
pull[Region] = LN(2 + SUM(x[Region,Age!]))*SIN(Time)^2
share[Region] = SUM(x[Region,Age!])/total
total = SUM(x[Region!,Age!])*(1 + t(Time)/100)
seen[Region] = COS(pull[Region]) + share[Region]
"""


def wide(system: System) -> list[np.ndarray]:
    inputs = np.repeat(system.inputs[:, None], 19, axis=1)
    inputs[system.constant("rate").first] = np.linspace(0.05, 0.5, 19)
    schedule = Schedule(start=0.0, stop=8.0, save=np.arange(0.0, 8.5, 2.0), inputs=inputs)
    return [*solve(system, schedule, rtol=1e-9).values, *solve(system, schedule, solver="rk4").values]


@pytest.fixture
def without_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")


@pytest.mark.usefixtures("without_cache")
@pytest.mark.parametrize("size", [0, 4])
def test_code_for_processors_with_shorter_vectors_gives_the_same_numbers(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if machine.vector_library() < size:
        pytest.skip("this processor or C library has no vector functions of that size")
    program = lower(make_model(tmp_path, MODEL))
    here = wide(compile_program(program))
    monkeypatch.setattr(machine, "vector_library", lambda: size)

    there = wide(compile_program(program))

    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_code_from_the_cache_gives_the_same_bits_and_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    program = lower(make_model(tmp_path, MODEL))
    first = wide(compile_program(program))

    def refuse(*_: object) -> tuple[bytes, bytes]:
        raise AssertionError("compiled again")

    monkeypatch.setattr(machine, "_compile", refuse)
    second = wide(compile_program(program))

    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_damaged_entry_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    monkeypatch.setenv(cache.VARIABLE, str(folder))
    program = lower(make_model(tmp_path, MODEL))
    first = wide(compile_program(program))
    for entry in folder.glob("machine-*"):
        entry.write_bytes(entry.read_bytes()[:-20])

    second = wide(compile_program(program))

    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
