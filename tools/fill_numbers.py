"""Write the numbers of a place into the equations, so that the `.mdl` runs as it stands.

Structure is written by hand in `models/urbanization.mdl`; numbers live in the tables of a place. This
tool replaces the numbers of every constant and every lookup that the tables have, as `urbsim export` does,
and leaves all other text as it is:

    python tools/fill_numbers.py models/places/chongqing            # rewrite the model of the place
    python tools/fill_numbers.py --check models/places/chongqing    # exit status 1 if that would change it
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from urbsim.errors import InputError
from urbsim.export import export_place
from urbsim.study.place_file import read_place


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the model of a place, or check that it is filled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("place", type=Path, help="folder of the place")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the model would change")
    options = parser.parse_args(arguments)
    try:
        filled = export_place(options.place)
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    model = read_place(options.place).model
    if filled == model.read_text(encoding="utf-8"):
        return 0
    if options.check:
        print(
            f"{model} does not hold the numbers of {options.place}; run tools/fill_numbers.py",
            file=sys.stderr,
        )
        return 1
    model.write_text(filled, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
