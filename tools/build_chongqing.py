"""Build the derived tables of the place `chongqing` from the raw facts in its `evidence/` folder.

    python tools/build_chongqing.py            # write base.csv, paths.csv and history.csv
    python tools/build_chongqing.py --check    # exit status 1 if that would change one of them
    python tools/build_chongqing.py --to DIR   # write them into another folder, with a copy of sources.csv

Nothing is random and nothing comes from outside the checkout. The steps are in `tools/chongqing/`: the facts
(`evidence`), births and deaths (`vital`), who lives where (`people`), moves by age (`moves`), services, homes
and land (`capacity`), incomes, jobs and what comes from outside (`drivers`), and the rows (`tables`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from chongqing.evidence import PLACE
from chongqing.tables import tables


def main() -> int:
    """Write the tables, or compare them with the files."""
    parser = argparse.ArgumentParser(description="Build the derived tables of the place chongqing.")
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 if a file differs")
    parser.add_argument("--to", type=Path, default=PLACE, metavar="DIR", help="folder to write to or compare")
    options = parser.parse_args()
    folder: Path = options.to
    status = 0
    if not options.check:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.resolve() != PLACE:
            shutil.copy(PLACE / "sources.csv", folder)
    for name, text in tables().items():
        file = folder / name
        if not options.check:
            file.write_text(text, encoding="utf-8", newline="\n")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"{file.name} is not what tools/build_chongqing.py makes of the evidence")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
