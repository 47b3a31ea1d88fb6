"""Machine code of a lowered model. The only door to llvmlite's compiler."""

from __future__ import annotations

import ctypes
import functools
import gc
import hashlib
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from urbsim import cache
from urbsim.model.program import Program
from urbsim.model.program_file import digest_of

MODEL = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, ctypes.c_int64)
ATTEMPT = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 15, ctypes.c_double, *[ctypes.c_int64] * 3)
# Loop strength reduction takes as long as all other passes together, and gains nothing where addresses are
# known. LLVM keeps its options for the whole process.
OPTIONS = ("-disable-lsr",)
PARTS = ("flows", "reports")
WRITERS = ("emit.py", "layout.py", "machine.py", "nests.py", "stages.py", "tableau.py")
VECTOR_LIBRARY = "libmvec.so.1"  # of the GNU C library


class Machine:
    """The functions of a model for `width` runs at a time; keeps their code alive.

    See `emit` and `stages` for what they do and are given. Code is taken from the cache where it is there.
    """

    def __init__(self, program: Program, width: int) -> None:
        _, identity = _target()
        keys = [f"{part} {digest_of(program)} {width} {identity}" for part in PARTS]
        codes = [cache.load("machine", key) for key in keys]
        if any(code is None for code in codes):
            codes = list(_compile(program, width))
            for key, code in zip(keys, codes, strict=True):
                cache.store("machine", key, code or b"")
        self._engines = [_engine(code or b"") for code in codes]
        flows, reports = self._engines
        self.flows = MODEL(flows.get_function_address("flows"))
        self.attempt = ATTEMPT(flows.get_function_address("attempt"))
        self.initial = MODEL(reports.get_function_address("initial"))
        self.observe = MODEL(reports.get_function_address("observe"))


def _compile(program: Program, width: int) -> tuple[bytes, bytes]:
    """Make the code of both parts; LLVM works on one while the other is being written."""
    # Writing code takes imports that a cached model can do without.
    from urbsim.engine.emit import emit_flows, emit_reports
    from urbsim.engine.tableau import rk45

    with _without_collecting(), ThreadPoolExecutor(1) as worker:
        flows = emit_flows(program, width, rk45(), vector_library())
        made = worker.submit(_object_code, flows)
        reports = emit_reports(program, width, vector_library())
        return made.result(), _object_code(reports)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage, of which writing code makes none: a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _object_code(text: str) -> bytes:
    target, _ = _target()
    module = llvm.parse_assembly(text, llvm.create_context())
    # The full pipeline takes ten times as long to compile the shipped model and gains a tenth in a call.
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.run(module, builder)
    code: bytes = target.emit_object(module)
    return code


def _engine(code: bytes) -> llvm.ExecutionEngine:
    # Each needs a target of its own: the compiler takes it over.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


@functools.cache
def vector_library() -> int:
    """Give how many numbers the C library's vector functions take at once; 0 where it has none."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return 0
    features = llvm.get_host_cpu_features()
    size = 8 if features.get("avx512f") else 4 if features.get("avx2") else 0
    try:
        if size:
            llvm.load_library_permanently(VECTOR_LIBRARY)
    except RuntimeError:
        return 0
    return size


@functools.cache
def _target() -> tuple[llvm.TargetMachine, str]:
    """Give this machine as a target, and everything that the code for it hangs on beside the model."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for option in OPTIONS:
        llvm.set_option("urbsim", option)
    features = llvm.get_host_cpu_features().flatten()
    parts = (
        *(llvmlite.__version__, *map(str, llvm.llvm_version_info), llvm.get_default_triple()),
        *(llvm.get_host_cpu_name(), features, str(vector_library()), *OPTIONS, _source()),
    )
    return _new_target(), " ".join(parts)


def _source() -> str:
    """Give a hash of what writes the code, so that code of another version is not taken for this one's."""
    files = [Path(__file__).with_name(name) for name in WRITERS]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _new_target() -> llvm.TargetMachine:
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1
    )
