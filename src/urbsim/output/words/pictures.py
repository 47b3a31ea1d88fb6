"""The figures of a results folder: each answers one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.output.words.finding import Sentence, any_open, find, find_level, lowered
from urbsim.output.words.matrix import matrix_of
from urbsim.output.words.terms import INFERRED, STOP, base_position, quoted
from urbsim.study.error_band import margins_at
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation
from urbsim.study.target import Target
from urbsim.study.words import Language, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a figure shows: indicators of the whole place, in a panel each or stacked in one per scenario.

    Parameters
    ----------
    title, question
        Its name, and what it answers.
    lead
        The indicator that its finding is of; empty: the first.
    level
        A value that all indicators are held against; the finding is then of all of them.
    """

    id: str
    title: Words
    question: Words
    indicators: tuple[str, ...]
    lead: str = ""
    stacked: bool = False
    level: float | None = None


PICTURES = (
    Picture(
        id="urbanization_rate",
        title=Words(zh="常住人口城镇化率", en="Urbanization rate"),
        question=Words(zh="城镇化率能否达到目标？", en="Does the urbanization rate reach its targets?"),
        indicators=("urbanization_rate",),
    ),
    Picture(
        id="urban_residents",
        title=Words(zh="城镇常住人口", en="Urban residents"),
        question=Words(zh="城镇将有多少人居住？", en="How many people will live in towns?"),
        indicators=("urban_residents",),
    ),
    Picture(
        id="population_by_status",
        title=Words(zh="常住人口（按居住地和户籍）", en="Residents by residence and hukou"),
        question=Words(
            zh="谁住在城镇，有多少人没有本地城镇户籍？",
            en="Who lives in towns, and how many without a local urban hukou?",
        ),
        indicators=(
            "urban_local_urban_hukou",
            "urban_local_rural_hukou",
            "urban_from_outside",
            "rural_residents",
        ),
        lead="urban_local_rural_hukou",
        stacked=True,
    ),
    Picture(
        id="settlers",
        title=Words(zh="年落户人数", en="Settlers per year"),
        question=Words(zh="每年有多少人落户？", en="How many people settle each year?"),
        indicators=("settlers",),
    ),
    Picture(
        id="land",
        title=Words(zh="用地指标与城镇建设用地", en="Land quota and land in use"),
        question=Words(
            zh="用地指标够不够，城镇占用多少土地？",
            en="Is there land quota enough, and how much land do towns take?",
        ),
        indicators=("quota_inflow", "quota_bank", "urban_land", "urban_land_per_head"),
        lead="urban_land",
    ),
    Picture(
        id="service_adequacy",
        title=Words(zh="公共服务充足度（1为达到标准）", en="Service adequacy (1 meets the standard)"),
        question=Words(zh="公共服务能否达到标准？", en="Do public services come up to standard?"),
        indicators=(
            "nursery_adequacy",
            "school_adequacy",
            "health_adequacy",
            "elderly_care_adequacy",
            "rental_housing_adequacy",
        ),
        level=1.0,
    ),
    Picture(
        id="service_targets",
        title=Words(zh="托位与保障性租赁住房", en="Nursery places and subsidised rental homes"),
        question=Words(
            zh="托位和保障性租赁住房能否达到目标？",
            en="Do nursery places and subsidised rental homes reach their targets?",
        ),
        indicators=("nursery_places_per_1000", "rental_coverage"),
        lead="rental_coverage",
    ),
    Picture(
        id="jobs",
        title=Words(zh="城镇就业", en="Urban jobs"),
        question=Words(zh="进城的人能否找到工作？", en="Is there work for those who come to town?"),
        indicators=("surveyed_unemployment", "urban_new_jobs", "urban_jobs"),
    ),
    Picture(
        id="incomes",
        title=Words(zh="城乡居民收入", en="Urban and rural incomes"),
        question=Words(
            zh="城乡收入差距是否缩小？", en="Does the gap between urban and rural incomes narrow?"
        ),
        indicators=("income_ratio", "urban_income", "rural_income"),
    ),
    Picture(
        id="money",
        title=Words(zh="地方财政", en="The city's money"),
        question=Words(
            zh="财政能否负担：收入、土地出让和债务如何变化？",
            en="Can the city pay: what becomes of revenue, land sales and debt?",
        ),
        indicators=("local_debt", "debt_service_ratio", "general_budget_revenue", "land_revenue"),
        lead="debt_service_ratio",
    ),
)

_OPEN = Words(
    zh="尚无定论：与目标的差距在模型误差之内。",
    en="Open: the distance to the target is within what the model may be off.",
)
_ABOUT_RATE = Words(zh="“约”：低0.5个百分点以内视为达到。", en="About: met from 0.5 points below.")
_ABOUT_COUNT = Words(zh="“约”：低1%以内视为达到。", en="About: met from 1 % below.")
_AROUND = Words(
    zh="灰色带画在{}周围，其他情景的误差同样宽；误差为本模型在未参与拟合的年份上的误差，"
    "或对同类预测误差的估计，取较大者。",
    en="The grey band is around {}; the error of the other scenarios is as wide. It is how far this model "
    "was off in years it had not seen, or an allowance judged from projections of its kind, whichever is "
    "wider.",
)
_ALONE = Words(
    zh="灰色带为本模型在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者。",
    en="The grey band is how far this model was off in years it had not seen, or an allowance judged "
    "from projections of its kind, whichever is wider.",
)
_BAND = Words(zh="灰色带为{}加减模型误差", en="grey band: {}, give or take how far the model may be off")
_TABLE = Words(
    zh="每格为一次模拟的结果及其与基准之差",
    en="each cell: what a run comes to, and its difference to the base",
)
_DOTS = Words(zh="圆点为实际值", en="dots: observed")
_PALE = Words(zh="浅色小点为普查间推算", en="small pale dots: inferred between censuses")
_DIAMONDS = Words(zh="菱形为规划目标", en="diamonds: plan targets")
_OWN_DIAMONDS = Words(zh="菱形为目标", en="diamonds: targets")


def area_of(picture: Picture, outcomes: Sequence[Outcome]) -> str:
    """Give the area that a picture is of: the whole place, or its widest group with targets if it has none.

    The districts, for one, are those of a city and of its neighbour; plans and statistics are of the city.
    """
    place = outcomes[0].place
    told = {place.area(target.region) for outcome in outcomes for target in outcome.targets}
    told |= {place.area(one.region) for one in place.history if place.area(one.region) == place.name}
    groups = [area for area in place.groups if area in told]
    if place.name in told or not groups:
        return place.name
    widest = max(groups, key=lambda group: len(place.groups[group].regions))
    whole = _reported(picture, outcomes, place.name)
    return widest if whole == _reported(picture, outcomes, widest) else place.name


def is_own(target: Target, outcomes: Sequence[Outcome]) -> bool:
    """Say whether a target is a scenario's own, and not one of the place's plans."""
    key = (target.indicator, target.year, target.operator, target.value)
    return all(key != (t.indicator, t.year, t.operator, t.value) for t in outcomes[0].place.targets)


def indicators_of(picture: Picture, outcomes: Sequence[Outcome]) -> list[Indicator]:
    """Give the indicators of a picture that some run reports of its area, in the picture's order."""
    known = {i.id: i for outcome in outcomes if outcome.run for i in outcome.indicators}
    return [known[name] for name in _reported(picture, outcomes, area_of(picture, outcomes))]


def _reported(picture: Picture, outcomes: Sequence[Outcome], area: str) -> list[str]:
    runs = [outcome for outcome in outcomes if outcome.run]
    known = {i.id for outcome in runs for i in outcome.indicators}
    return [
        name
        for name in picture.indicators
        if name in known and any(o.run and o.run.measured.find(name, area) for o in runs)
    ]


def picture_finding(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> Sentence | None:
    """Say what a picture shows of the runs of one place; None where they report none of it."""
    indicators = indicators_of(picture, outcomes)
    if not indicators:
        return None
    area = area_of(picture, outcomes)
    if picture.level is not None:
        return find_level(outcomes, indicators, picture.level, language, area)
    lead = next((i for i in indicators if i.id == picture.lead), indicators[0])
    return find(outcomes, lead.id, area, language)


def targets_of(picture: Picture, outcomes: Sequence[Outcome]) -> list[Target]:
    """Give the targets that a picture marks, of all runs."""
    place, area = outcomes[0].place, area_of(picture, outcomes)
    return [
        target
        for outcome in outcomes
        if outcome.run and not picture.stacked
        for target in outcome.targets
        if target.indicator in picture.indicators and place.area(target.region) == area
    ]


def history_of(picture: Picture, outcomes: Sequence[Outcome]) -> list[Observation]:
    """Give the observations that a picture may show."""
    place, area = outcomes[0].place, area_of(picture, outcomes)
    return [
        one for one in place.history if one.indicator in picture.indicators and place.area(one.region) == area
    ]


def caption(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> str:
    """Give what stands below a picture in a document: place, what it shows, and how to read its marks.

    Empty where the runs report none of it.
    """
    told = picture_finding(picture, outcomes, language)
    if told is None:
        return ""
    place, area = outcomes[0].place, area_of(picture, outcomes)
    marks = []
    if matrix_of(outcomes) is not None:  # a table of runs, without marks
        marks.append(_TABLE[language])
    elif not picture.stacked:
        vintages = {one.vintage == INFERRED for one in history_of(picture, outcomes)}
        marks += [
            words[language] for inferred, words in ((False, _DOTS), (True, _PALE)) if inferred in vintages
        ]
        if targets := targets_of(picture, outcomes):
            own = any(is_own(target, outcomes) for target in targets)
            marks.append((_OWN_DIAMONDS if own else _DIAMONDS)[language])
        if base := _banded(picture, outcomes):
            marks.append(_BAND[language].format(quoted(base.scenario.title[language], language)))
    stop = "。" if language == "zh" else ". "
    head = told.head
    if area == place.name or picture.level is not None:  # else the area stands there
        where = place.area_title(area)[language]
        head = f"{where}{head}" if language == "zh" else f"{where}, {lowered(head)}"
    sentences = [STOP[language].join(part for part in (head, told.more) if part)]
    if marks:
        reading = STOP[language].join(marks)
        sentences.append(reading[:1].upper() + reading[1:])
    text = stop.join(sentences) + stop.strip()
    note = open_note(picture, outcomes, language)
    return text + (("" if language == "zh" else " ") + note if note else "")


def reading_notes(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> list[str]:
    """Explain the words and marks of a picture that need it: open, about, and the grey band."""
    units = {i.id: i.unit for i in indicators_of(picture, outcomes)}
    about = {
        units[target.indicator] == "%"
        for target in targets_of(picture, outcomes)
        if target.operator == "~" and target.indicator in units
    }
    notes = [open_note(picture, outcomes, language)]
    notes += [(_ABOUT_RATE if rate else _ABOUT_COUNT)[language] for rate in sorted(about, reverse=True)]
    if base := _banded(picture, outcomes):
        alone = len([outcome for outcome in outcomes if outcome.run]) == 1
        title = quoted(base.scenario.title[language], language)
        notes.append((_ALONE if alone else _AROUND)[language].format(title))
    return [note for note in notes if note]


def _banded(picture: Picture, outcomes: Sequence[Outcome]) -> Outcome | None:
    """Give the run around which a picture draws the error of the model; None where it draws none."""
    ids = indicators_of(picture, outcomes)
    if len(ids) != 1 or picture.stacked:
        return None
    drawn = [outcome for outcome in outcomes if outcome.run]
    base = drawn[base_position(drawn)]
    years = base.run.measured.years if base.run else ()
    margins = margins_at(
        base.place, ids[0].id, area_of(picture, outcomes), years, parameter_set=base.parameter_set
    )
    return base if int(np.isfinite(margins).sum()) > 1 else None


def open_note(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> str:
    """Explain "open" where a verdict of the picture is; empty where none is."""
    if picture.stacked or not any_open(outcomes, picture.indicators, area_of(picture, outcomes)):
        return ""
    return _OPEN[language]
