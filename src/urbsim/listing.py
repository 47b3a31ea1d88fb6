"""What there is: scenarios, places, levers, parameters, indicators and targets, as facts for a table or JSON.

A grade says how sure a number is. Those recalled and those that are a choice are never hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from urbsim.assets import find_place, places, scenarios
from urbsim.batch import Study, read_study
from urbsim.errors import InputError, Problem, suggestion
from urbsim.names import fold
from urbsim.study.catalogue_file import read_indicators
from urbsim.study.lever import Lever
from urbsim.study.outside_file import read_outside
from urbsim.study.place import NO_SET, Number, Observation, PathPoint, Place, Source
from urbsim.study.place_file import CONFIDENCE, read_place
from urbsim.study.plan import own_values
from urbsim.study.position import AS_TODAY, positions_of
from urbsim.study.scenario_file import read_scenario
from urbsim.study.text_file import shown
from urbsim.study.trace import Origin, rows_in_use, trace

Facts = list[dict[str, Any]]
Row = Number | PathPoint | Observation
ONLY_JSON = ("values", "note", "where")  # too wide for a table


def list_facts(what: str, place: str, grades: Collection[str] = ()) -> Facts:
    """Give the facts of a list.

    Parameters
    ----------
    what
        "scenarios", "places", "levers", "parameters", "targets" or "indicators".
    place
        Name or folder of the place whose levers, parameters, indicators or targets are asked for.
    grades
        Of `parameters`: only numbers of these grades; empty means all.

    Raises
    ------
    InputError
        There is no such place, or something in it is wrong.
    """
    if what == "scenarios":
        return _scenarios()
    if what == "places":
        return [_place(folder) for folder in places(Path()).values()]
    folder = find_place(place, Path())
    if what == "levers":
        study = read_study(folder)
        return [_lever(lever, study) for lever in study.levers]
    read = read_place(folder)
    if what == "targets":
        return _targets(read)
    if what == "parameters":
        return [fact for fact in _parameters(read) if not grades or fact["grade"] in grades]
    return [
        {"id": i.id, "zh": i.name.zh, "en": i.name.en, "unit": i.unit, "variable": i.variable}
        for i in read_indicators(read.model.parent / "indicators.yaml")
    ]


def for_table(what: str, facts: Facts, *, detail: bool = False) -> Facts:
    """Give what a table shows of the facts: no wide columns, and the numbers of a variable in one row."""
    if what == "parameters":
        return _by_variable(facts)
    if what == "levers":
        facts = [{**fact, "positions": _positions(fact["positions"])} for fact in facts]
    hidden = {*ONLY_JSON, *(() if detail or what != "places" else ("base_years", "sets", "grades"))}
    return [{key: value for key, value in fact.items() if key not in hidden} for fact in facts]


def trace_facts(indicator: str, place_name: str, area: str, year: int | None, steps: int) -> dict[str, Any]:
    """Give what an indicator of an area stands on: observed rows, equations and numbers with their sources.

    Raises
    ------
    InputError
        There is no such place, indicator or area.
    """
    place = read_place(find_place(place_name, Path()))
    known = {i.id: i for i in read_indicators(place.model.parent / "indicators.yaml")}
    problems = []
    if indicator not in known:
        fix = suggestion(indicator, [*known], "`urbsim list indicators`")
        problems.append(Problem(f"there is no indicator '{indicator}'", "INDICATOR", fix))
    if place.members(area) is None:
        what = f"there is no region or group '{area}' in {place.name}"
        problems.append(Problem(what, "--region", suggestion(area, place.areas)))
    if problems:
        raise InputError(problems)
    from urbsim.model.read import read_model  # imports PySD, which lists need not wait for

    found = trace(known[indicator], read_model(shown(place.model)), place, area, year)
    sources = {source.id: source for source in place.sources}
    one = found.indicator
    numbers = [origin for origin in found.origins if origin.rows]
    near = [origin for origin in numbers if origin.steps <= steps]
    rows: tuple[Row, ...] = (*found.observed, *(row for origin in near for row in origin.rows))
    cited = {id_: _source(sources[id_]) for row in rows for id_ in row.source.split(";") if id_ in sources}
    return {
        "indicator": one.id,
        "region": found.area,
        "unit": one.unit,
        "defined": one.where,
        "variables": [
            {"name": o.variable.name, "where": o.where.partition(",")[0]}
            for o in found.origins
            if o.steps == 0
        ],
        "observed": [
            {"year": row.year, "value": row.value, "vintage": row.vintage, **_graded(row)}
            for row in found.observed
        ],
        "numbers": [_origin(origin) for origin in near],
        "farther": len(numbers) - len(near),
        "farthest": max((origin.steps for origin in numbers), default=0),
        "sources": cited,
    }


def _scenarios() -> Facts:
    found = [(file, read_scenario(file)) for file in scenarios(Path()).values()]
    return [
        {"name": s.name, "zh": s.title.zh, "en": s.title.en, "place": s.place, "file": file.as_posix()}
        for file, s in found
    ]


def _place(folder: Path) -> dict[str, Any]:
    place = read_place(folder)
    rows: tuple[Row, ...] = (*rows_in_use(place), *place.history)
    counted = Counter(row.confidence for row in rows)
    return {
        "name": place.name,
        "zh": place.title.zh,
        "en": place.title.en,
        "regions": [*place.regions],
        "groups": [*place.groups],
        "period": list(place.period),
        "base_years": list(place.base_years),
        "sets": [*place.sets, NO_SET],
        "grades": {grade: counted[grade] for grade in CONFIDENCE if counted[grade]},
        "folder": shown(folder),
    }


def _lever(lever: Lever, study: Study) -> dict[str, Any]:
    values = own_values(lever, study.place, study.system)
    distinct = sorted(set(values.values()))
    return {
        "id": lever.id,
        "zh": lever.name.zh,
        "en": lever.name.en,
        "unit": lever.unit,
        "by": "" if study.place.name in values else "region",
        "default": [distinct[0], distinct[-1]] if len(distinct) > 1 else distinct,
        "range": list(lever.range),
        "positions": [
            {
                "zh": position.name.zh,
                "en": position.name.en,
                "amount": str(position.amount) if position.amount.relative else position.amount.number,
                "clause": position.clause.en,
                "source": position.source,
            }
            for position in positions_of(lever, distinct)
        ],
        "clause": lever.clause.en,
        "values": values,
        "note": lever.note.en,
    }


def _positions(positions: Facts) -> str:
    """Name positions in both languages, those that are a number with it; that of today every lever has."""
    return ", ".join(
        f"{one['en']}/{one['zh']}" + ("" if isinstance(one["amount"], str) else f" {one['amount']:g}")
        for one in positions
        if one["en"] != AS_TODAY.name.en
    )


def _targets(place: Place) -> Facts:
    judged = [
        {
            "id": t.id,
            "indicator": t.indicator,
            "region": place.area(t.region),
            "year": t.year,
            "operator": t.operator,
            "value": t.value,
            "unit": t.unit,
            "source": t.source,
            "clause": t.clause,
            "judged": True,
            "reason": "",
            "where": t.where,
        }
        for t in place.targets
    ]
    outside = [
        {
            "id": "",
            "indicator": t.indicator,
            "region": t.region or place.name,
            "year": t.year,
            "operator": t.operator,
            "value": t.value,
            "unit": t.unit,
            "source": t.source,
            "clause": t.clause,
            "judged": False,
            "reason": t.reason,
            "where": t.where,
        }
        for t in read_outside(place.folder)
    ]
    return [*judged, *outside]


def _parameters(place: Place) -> Facts:
    """Give every number that runs of the place use by default, and every point of its outside paths."""
    return [
        {
            "variable": row.variable,
            "zh": place.vocabulary.chinese(row.variable),
            "region": row.region,
            "element": "|".join(row.elements),
            "year": row.year if isinstance(row, PathPoint) else row.base_year,
            "value": row.value,
            "low": row.low if isinstance(row, Number) else None,
            "high": row.high if isinstance(row, Number) else None,
            "unit": row.unit,
            **_graded(row),
        }
        for row in rows_in_use(place)
    ]


def _by_variable(facts: Facts) -> Facts:
    groups: dict[tuple[str, str], Facts] = {}
    for fact in facts:
        groups.setdefault((fold(fact["variable"]), fact["grade"]), []).append(fact)
    lines: Facts = []
    for group in groups.values():
        only = group[0] if len(group) == 1 else None
        bounded = only is not None and None not in (only["low"], only["high"])
        lines.append(
            {
                "variable": group[0]["variable"],
                "zh": group[0]["zh"],
                "numbers": len(group),
                "value": _span(fact["value"] for fact in group),
                "range": _span((only["low"], only["high"])) if only is not None and bounded else "",
                "unit": group[0]["unit"],
                "grade": group[0]["grade"],
                "source": _joined(group, lambda fact: fact["source"].split(";")),
                "first at": group[0]["where"],
            }
        )
    return lines


def _origin(origin: Origin) -> dict[str, Any]:
    rows = [{"value": row.value, **_graded(row)} for row in origin.rows]
    return {
        "variable": origin.variable.name,
        "steps": origin.steps,
        "numbers": len(rows),
        "value": _span(row["value"] for row in rows),
        "unit": origin.variable.unit,
        "grade": _joined(rows, lambda row: [row["grade"]]),
        "source": _joined(rows, lambda row: row["source"].split(";")),
        "where": [row["where"] for row in rows],
    }


def _graded(row: Row) -> dict[str, Any]:
    return {"grade": row.confidence, "source": row.source, "note": row.note, "where": row.where}


def _source(source: Source) -> dict[str, str]:
    return {
        "title": source.title,
        "publisher": source.publisher,
        "date": source.date,
        "where": source.where,
    }


def _span(values: Iterable[float]) -> str:
    listed = sorted(set(values))
    return f"{listed[0]:g}" if len(listed) == 1 else f"{listed[0]:g} … {listed[-1]:g}"


def _joined(facts: Sequence[Mapping[str, Any]], parts: Callable[[Mapping[str, Any]], Iterable[str]]) -> str:
    return ", ".join(dict.fromkeys(part for fact in facts for part in parts(fact) if part))
