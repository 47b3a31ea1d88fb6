"""Build the derived tables of the place `chongqing` from the raw facts in its `evidence/` folder.

    python tools/build_chongqing.py            # write base.csv, paths.csv and history.csv
    python tools/build_chongqing.py --check    # exit status 1 if that would change one of them

Nothing is random and nothing comes from outside the checkout. The steps are in `tools/chongqing/`: the facts
(`evidence`), births and deaths (`vital`), who lives where (`people`), moves by age (`moves`), services and
land (`capacity`), incomes and jobs (`drivers`), and the rows (`tables`).
"""

from __future__ import annotations

import argparse
import sys

from chongqing.evidence import PLACE
from chongqing.tables import tables


def main() -> int:
    """Write the tables, or compare them with the files."""
    parser = argparse.ArgumentParser(description="Build the derived tables of the place chongqing.")
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 if a file differs")
    check = parser.parse_args().check
    status = 0
    for name, text in tables().items():
        file = PLACE / name
        if not check:
            file.write_text(text, encoding="utf-8", newline="\n")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"{file.name} is not what tools/build_chongqing.py makes of the evidence")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
