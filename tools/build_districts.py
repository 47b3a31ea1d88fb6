"""Build the derived tables of the place `districts` from its `evidence/` folder and the place `chongqing`.

    python tools/build_districts.py            # write all tables but the targets
    python tools/build_districts.py --check    # exit status 1 if that would change one of them

Nothing is random and nothing comes from outside the checkout. Run `tools/build_chongqing.py` first: its
tables are the totals of these. The steps are in `tools/districts/`: facts and four-region tables (`facts`),
tables held to margins (`fit`), who lives where (`people`), moves between districts (`moves`), how amounts
are shared out (`shares`), and the rows (`numbers`, `history`, `tables`).
"""

from __future__ import annotations

import argparse
import sys

from districts.facts import HERE
from districts.tables import tables


def main() -> int:
    """Write the tables, or compare them with the files."""
    parser = argparse.ArgumentParser(description="Build the derived tables of the place districts.")
    parser.add_argument("--check", action="store_true", help="compare only; exit status 1 if a file differs")
    check = parser.parse_args().check
    status = 0
    for name, text in tables().items():
        file = HERE / name
        if not check:
            file.write_text(text, encoding="utf-8", newline="\n")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"{file.name} is not what tools/build_districts.py makes of the evidence and of chongqing")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
