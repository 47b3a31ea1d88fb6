"""Machine code of a lowered model. The only door to llvmlite's compiler."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from urbsim import cache
from urbsim.engine.layout import Layout
from urbsim.model.program import Program
from urbsim.model.program_file import digest_of

MODEL = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, *[ctypes.c_int64] * 2)
ATTEMPT = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 15, ctypes.c_double, *[ctypes.c_int64] * 2)
ADVANCE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64)
# Loop strength reduction takes as long as all other passes together, and gains nothing where addresses are
# known. LLVM keeps its options for the whole process.
OPTIONS = ("-disable-lsr",)
WRITERS = ("emit.py", "layout.py", "machine.py", "stages.py", "tableau.py")
VECTOR_LIBRARY = "libmvec.so.1"  # of the GNU C library


class Machine:
    """The functions of a model for `width` runs at a time; keeps their code alive.

    See `emit.emit` for what they do and are given. Code is taken from the cache where it is there.
    """

    def __init__(self, program: Program, layout: Layout, width: int) -> None:
        target, identity = _target()
        key = f"{digest_of(program)} {width} {identity}"
        code = cache.load("machine", key)
        if code is None:
            code = _compile(program, layout, width, target)
            cache.store("machine", key, code)
        # Each needs a target of its own: the compiler takes it over.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_target())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.initial, self.flows, self.reports = (
            MODEL(self._engine.get_function_address(name)) for name in ("initial", "flows", "reports")
        )
        self.attempt = ATTEMPT(self._engine.get_function_address("attempt"))
        self.advance = ADVANCE(self._engine.get_function_address("advance"))


def _compile(program: Program, layout: Layout, width: int, target: llvm.TargetMachine) -> bytes:
    # Writing code takes imports that a cached model can do without.
    from urbsim.engine.emit import emit
    from urbsim.engine.tableau import rk45

    module = llvm.parse_assembly(emit(program, layout, width, rk45(), vector_library()))
    # The full pipeline takes ten times as long to compile the shipped model and gains a tenth in a call.
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.run(module, builder)
    code: bytes = target.emit_object(module)
    return code


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
