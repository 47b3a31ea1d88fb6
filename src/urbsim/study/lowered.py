"""The lowered model with the numbers of a place, and what it follows from."""

from __future__ import annotations

from dataclasses import dataclass

from urbsim.model import program_file
from urbsim.model.program import Program
from urbsim.study.kept import key_of
from urbsim.study.place import Place
from urbsim.study.text_file import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """The lowered model with the numbers of a place, and what `doubt.overruled` says of it."""

    program: Program
    useless: str


KINDS = (Lowered, *program_file.KINDS)


def lowered_key(place: Place) -> str:
    """Give a hash of the model file, and of what the place puts into it and the lines that this stands on."""
    try:
        model = place.model.read_bytes()
    except OSError:
        return ""
    applied = (
        *(place.regions, place.groups, place.base_years, place.period, place.parameter_set),
        *(place.numbers, place.paths, place.sets, place.vocabulary),
    )
    return key_of(shown(place.model), model, repr(applied))
