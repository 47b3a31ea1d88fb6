"""A results folder -> a report of it in a file of its own: a Word document, or a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from urbsim.errors import InputError, Problem
from urbsim.output.result_file import read_result
from urbsim.study.text_file import shown
from urbsim.study.words import Language

Kind = Literal["docx", "html"]


def write_reports(
    result: Path, files: Mapping[Path, tuple[Language, ...]], kind: Kind, *, force: bool = False
) -> None:
    """Write reports of a results folder, each in the languages that it shall have.

    Raises
    ------
    InputError
        The folder is not one of `urbsim run`, nothing in it came to an end, or a file is there already, which
        `force` replaces; nothing was written then.
    """
    recorded = read_result(result)
    problems = [problem for file in files for problem in _in_the_way(file, kind, force=force)]
    if not any(outcome.run for outcome in recorded.outcomes):
        problems.append(
            Problem("no scenario in it came to an end, so that there is nothing to tell", shown(result))
        )
    if problems:
        raise InputError(problems)
    for file, languages in files.items():
        if kind == "docx":
            from urbsim.output.report.word import write_word

            write_word(file, recorded.outcomes, recorded.facts, languages[0])
        else:
            from urbsim.output.report.html import write_report

            write_report(file, recorded.outcomes, recorded.facts, languages=languages)


def _in_the_way(file: Path, kind: Kind, *, force: bool) -> list[Problem]:
    where = shown(file)
    if file.is_dir():
        return [
            Problem(
                "is a folder, expected a file to write", where, f"add a name, such as {where}/report.{kind}"
            )
        ]
    if not file.parent.is_dir():
        return [
            Problem(f"there is no folder {shown(file.parent)}", where, "make it, or name another with --out")
        ]
    if file.suffix.lower() != f".{kind}":
        return [Problem(f"ends in '{file.suffix}', expected .{kind}", where, "name it so with --out")]
    if file.exists() and not force:
        what = "is there already, and may have been edited"
        return [Problem(what, where, "name another with --out, or replace it with --force")]
    return []
