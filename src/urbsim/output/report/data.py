"""Outcomes -> what the figures of a page show, as plain data, small enough to travel in the page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from urbsim.output.tables.verdicts import by_place, target_demand
from urbsim.output.words.terms import short_titles
from urbsim.study.error_band import margins_at
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Place
from urbsim.study.quantity import unit_name
from urbsim.study.target import Target
from urbsim.study.words import LANGUAGES, Words

DIGITS = 5  # significant digits of the largest value of a series; figures show four
YEARS_BEFORE = 5  # of observations before the first run starts
INFERRED = "derived-panel"  # vintage of values that were worked out between two censuses

Json = dict[str, Any]
Run = list[Any] | None  # decimals, a whole number, and changes of it; None where the run does not report it
Findings = Mapping[tuple[str, str, str], tuple[Words, Words]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The data of a page, and what had no room in it.

    Parameters
    ----------
    places
        A record per place: its scenarios, areas, indicators, targets, observations, and series, each as
        decimals and whole numbers, every one but the first as its change.
    left_out
        Place and indicators that are there for the whole place, and not for its groups or regions.
    """

    places: list[Json]
    left_out: tuple[tuple[Place, tuple[Indicator, ...]], ...]


def pack(outcomes: Sequence[Outcome], findings: Findings, room: int) -> Packed:
    """Pack the series that have room in so many bytes, and all that describes them.

    The whole place goes in first, then indicators with a target, then those of groups, then those of
    regions, in the order in which they are reported; the first that has no room is left out with all after
    it.

    Parameters
    ----------
    findings
        Place, indicator and area -> what a figure of it says: for its title, and for the line below.
    """
    places: list[Json] = []
    left_out = []
    for group in by_place([outcome for outcome in outcomes if outcome.run]):
        place = _place(group, findings)
        runs = [_series(outcome) for outcome in group]
        values: dict[str, list[Run]] = {}
        missing: list[str] = []
        for (_, indicator), areas in _blocks(group, runs):
            block = _packed(indicator, areas, runs)
            size = len(script_json(block).encode())
            if missing or size > room:
                missing.append(indicator)
                continue
            room -= size
            values |= block
        places.append({**place, "values": values})
        if missing:
            left_out.append((group[0].place, tuple(i for i in group[0].indicators if i.id in missing)))
    return Packed(places=places, left_out=tuple(left_out))


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def script_json(data: object) -> str:
    """Write data so that it can stand in a script element, whatever its texts say."""
    text = _json(data)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _place(outcomes: Sequence[Outcome], findings: Findings) -> Json:
    place, indicators = outcomes[0].place, outcomes[0].indicators
    names, titles = [outcome.name for outcome in outcomes], short_titles(outcomes)
    held = {outcome.base for outcome in outcomes} & set(names)
    return {
        "id": place.name,
        "title": _words(place.title),
        "areas": [
            {"id": area, "title": _words(place.area_title(area)), "kind": _kind(area, place)}
            for area in place.areas
        ],
        "indicators": [_indicator(indicator) for indicator in indicators],
        "scenarios": [
            {
                "id": outcome.name,
                "title": _words(titles[outcome.name]),
                "years": [int(year) for year in (outcome.run.measured.years if outcome.run else ())],
                "isBase": outcome.name in held,
                "base": names.index(outcome.base) if outcome.base in names else None,
            }
            for outcome in outcomes
        ],
        "targets": [*_targets(outcomes, indicators)],
        "observed": _observed(outcomes, indicators, inferred=False),
        "inferred": _observed(outcomes, indicators, inferred=True),
        "margins": _margins(outcomes[0], indicators),
        "findings": {
            f"{area}/{indicator}": {"head": _words(head), "more": _words(more)}
            for (where, indicator, area), (head, more) in findings.items()
            if where == place.name
        },
    }


def _kind(area: str, place: Place) -> str:
    return "place" if area == place.name else "group" if area in place.groups else "region"


def _indicator(indicator: Indicator) -> Json:
    """Describe an indicator; `scale` turns its values into those that a language says."""
    said = {}
    for language in LANGUAGES:
        scale, unit = 1.0, unit_name(indicator.unit, language)
        if language == "en" and indicator.unit == "10k persons":
            scale, unit = 0.01, "million persons"
        elif language == "en" and indicator.unit == "10k persons/year":
            scale, unit = 1e4, "persons a year"
        said[language] = {"scale": scale, "unit": unit}
    return {
        "id": indicator.id,
        "name": _words(indicator.name),
        "unit": indicator.unit,
        "said": said,
        "note": _words(indicator.note),
    }


def _targets(outcomes: Sequence[Outcome], indicators: Sequence[Indicator]) -> Iterator[Json]:
    place = outcomes[0].place
    known = {indicator.id for indicator in indicators}
    distinct: dict[tuple[str, str, int, str, float], Target] = {}
    for target in (target for outcome in outcomes for target in outcome.targets):
        if target.indicator in known:
            key = (target.indicator, place.area(target.region), target.year, target.operator, target.value)
            distinct.setdefault(key, target)
    for (indicator, area, year, operator, value), target in distinct.items():
        yield {
            "indicator": indicator,
            "area": area,
            "year": year,
            "operator": operator,
            "value": value,
            "demand": {language: target_demand(target, indicators, language) for language in LANGUAGES},
            "clause": {language: target.clause_in(language) or target.source for language in LANGUAGES},
            "own": target not in place.targets,
        }


def _observed(
    outcomes: Sequence[Outcome], indicators: Sequence[Indicator], *, inferred: bool
) -> dict[str, list[list[float]]]:
    """Give what was observed, or what was worked out between two censuses, by area and indicator."""
    place = outcomes[0].place
    known = {indicator.id for indicator in indicators}
    first = min(outcome.base_year for outcome in outcomes) - YEARS_BEFORE
    observed: dict[str, list[list[float]]] = {}
    for one in sorted(place.history, key=lambda one: one.year):
        if one.indicator in known and one.year >= first and (one.vintage == INFERRED) == inferred:
            key = f"{place.area(one.region)}/{one.indicator}"
            observed.setdefault(key, []).append([_short(one.year), _short(one.value)])
    return observed


def _margins(outcome: Outcome, indicators: Sequence[Indicator]) -> dict[str, list[list[float]]]:
    """Give how far the run of the whole place may be off, by indicator and year."""
    place, name = outcome.place, outcome.parameter_set
    years = outcome.run.measured.years if outcome.run else ()
    found = {}
    for indicator in indicators:
        margins = margins_at(place, indicator.id, place.name, years, parameter_set=name)
        pairs = zip(years, margins, strict=True)
        known = [[int(year), _short(margin)] for year, margin in pairs if math.isfinite(margin)]
        if len(known) > 1:
            found[indicator.id] = known
    return found


def _series(outcome: Outcome) -> dict[tuple[str, str], Floats]:
    found = outcome.run.measured.series if outcome.run else ()
    return {(series.area, series.indicator.id): series.values for series in found}


def _blocks(
    outcomes: Sequence[Outcome], runs: Sequence[Mapping[tuple[str, str], Floats]]
) -> Iterator[tuple[tuple[int, str], list[str]]]:
    """Give what goes in whole or not at all, the first first: its rank and indicator, and areas."""
    place, indicators = outcomes[0].place, outcomes[0].indicators
    aimed = {target.indicator for outcome in outcomes for target in outcome.targets}
    there = {key for run in runs for key in run}
    order = {"place": 0, "group": 2, "region": 3}
    blocks = [
        (1 if kind != "place" and indicator.id in aimed else order[kind], position, indicator.id, area)
        for area in place.areas
        for kind in (_kind(area, place),)
        for position, indicator in enumerate(indicators)
        if (area, indicator.id) in there
    ]
    blocks.sort(key=lambda block: block[:2])
    for (rank, _, indicator), block in groupby(blocks, key=lambda block: block[:3]):
        yield (rank, indicator), [area for *_, area in block]


def _packed(
    indicator: str, areas: Sequence[str], runs: Sequence[Mapping[tuple[str, str], Floats]]
) -> dict[str, list[Run]]:
    packed: dict[str, list[Run]] = {f"{area}/{indicator}": [None] * len(runs) for area in areas}
    for position, run in enumerate(runs):
        mine = [area for area in areas if (area, indicator) in run]
        rows = _whole(np.array([run[area, indicator] for area in mine])) if mine else []
        for area, row in zip(mine, rows, strict=True):
            packed[f"{area}/{indicator}"][position] = row
    return packed


def _whole(values: Floats) -> list[list[Any]]:
    """Write each row as its decimals, a whole number and changes of it; None where there is no value."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    largest = np.abs(filled).max(axis=1)
    exponents = np.floor(np.log10(np.where(largest > 0, largest, 1.0)))
    decimals = np.clip(DIGITS - 1 - exponents, -9, 15).astype(int)
    whole = np.rint(filled * 10.0 ** decimals[:, np.newaxis]).astype(np.int64)
    # The change is that since the last year with a value: a gap keeps what came before it.
    at = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), 0), axis=1)
    held = np.take_along_axis(np.where(known, whole, 0), at, axis=1)
    changes = np.diff(held, axis=1, prepend=0)
    rows: list[list[Any]] = []
    for decimal, row, finite in zip(decimals.tolist(), changes.tolist(), known.tolist(), strict=True):
        rows.append(
            [decimal, *(change if there else None for change, there in zip(row, finite, strict=True))]
        )
    return rows


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _words(words: Words) -> dict[str, str]:
    return {language: words[language] for language in LANGUAGES}
