"""The files of the place: every derived table as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pandas as pd

from districts.facts import CHONGQING, HERE, OWN_FILES, read_facts, read_zones, records
from districts.history import history
from districts.numbers import Numbers, Row


def sources(rows: Sequence[Row]) -> list[Row]:
    """Make `sources.csv`: the sources that the tables name, those kept here before those of `chongqing`."""
    used = {source for row in rows for source in str(row["source"]).split(";") if source}
    own = pd.read_csv(HERE / "evidence" / "sources.csv", dtype=str, keep_default_na=False)
    other = pd.read_csv(CHONGQING / "sources.csv", dtype=str, keep_default_na=False)
    known = pd.concat([own, other]).drop_duplicates("id")
    if missing := used - set(known.id):
        raise KeyError(f"no source {', '.join(sorted(missing))}")
    return [dict(row) for row in records(known[known.id.isin(used)])]


def by_hand() -> list[Row]:
    """Return the rows of the tables that are kept by hand: targets, and the raw facts."""
    files = [HERE / "targets.csv", HERE / "targets_outside.csv"]
    files += [HERE / "evidence" / name for name in OWN_FILES]
    rows: list[Row] = []
    for file in files:
        rows += [dict(row) for row in records(pd.read_csv(file, dtype=str, keep_default_na=False))]
    return [*rows, {"source": "projection-record"}]  # of the margins in place.yaml


def spell(rows: Sequence[Row], columns: str) -> str:
    """Write rows as CSV, numbers in their shortest form, so that a rerun changes no byte."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns.split(), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.10g}" if isinstance(v, float) else v for k, v in row.items()})
    return text.getvalue()


def tables() -> dict[str, str]:
    """Make every derived table: the text of each file by its name."""
    facts, zones = read_facts(HERE / "evidence"), read_zones()
    made = Numbers(facts, zones)
    numbers = "variable region element value low high unit confidence source note"
    base, parameters, paths = made.base(), made.parameters(), made.paths()
    observed = history(made)
    return {
        "base.csv": spell(base, numbers.replace("element", "element year")),
        "parameters.csv": spell(parameters, numbers),
        "paths.csv": spell(paths, "variable region element year value unit confidence source note"),
        "history.csv": spell(observed, "indicator region year value unit vintage confidence source note"),
        "sources.csv": spell(
            sources([*base, *parameters, *paths, *observed, *by_hand()]), "id title publisher date where zh"
        ),
    }
