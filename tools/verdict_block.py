"""Write the verdicts on the central targets into README.md, as `urbsim run scenarios` prints them.

python tools/verdict_block.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from rich.console import Console

import urbsim
from urbsim.batch import Results
from urbsim.output.tables.verdicts import print_verdicts

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(?<=\n```\n) {8,}urbanization rate.*?(?=\n```\n)", re.DOTALL)
WIDTH = 128  # [characters] of the terminal


def run_all(root: Path = ROOT) -> Results:
    """Run the scenarios that `make demo` runs."""
    return urbsim.run(sorted((root / "scenarios").glob("*.yaml")))


def printed(results: Results) -> str:
    """Give the first table that a run ends with, and what is said below the last."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(width=WIDTH, record=True, highlight=False, emoji=False, markup=False, file=nowhere)
        print_verdicts(results.outcomes, console)
    lines = [line.rstrip() for line in console.export_text().rstrip().splitlines()]
    second = next((n for n, line in enumerate(lines) if n and line.startswith(" " * 8)), len(lines))
    below = next(n for n, line in enumerate(lines) if line.startswith("'about'"))
    between = ["..."] if second < below else []
    return "\n".join((*lines[:second], *between, *lines[below:]))


def main(root: Path = ROOT) -> int:
    """Write the block."""
    page = root / "README.md"
    text = page.read_text(encoding="utf-8")
    block = printed(run_all(root))
    page.write_text(BLOCK.sub(lambda _: block, text, count=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
