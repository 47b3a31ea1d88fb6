"""The figures of a results folder: each answers one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.output.words.finding import Sentence, any_open, find, find_level, lowered
from urbsim.output.words.terms import STOP, base_position, quoted
from urbsim.study.error_band import margins_at
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
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
        question=Words(zh="城镇化率能否达到规划目标？", en="Does the urbanization rate reach its targets?"),
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
        indicators=("quota_inflow", "quota_bank", "urban_land"),
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
_BAND = Words(zh="灰色带为{}加减模型误差", en="grey band: {}, give or take how far the model may be off")
_DOTS = Words(zh="圆点为实际值", en="dots: observed")
_DIAMONDS = Words(zh="菱形为规划目标", en="diamonds: plan targets")


def indicators_of(picture: Picture, outcomes: Sequence[Outcome]) -> list[Indicator]:
    """Give the indicators of a picture that some run reports of the whole place, in the picture's order."""
    shown = [outcome for outcome in outcomes if outcome.run]
    known = {i.id: i for outcome in shown for i in outcome.indicators}
    return [
        known[name]
        for name in picture.indicators
        if name in known and any(o.run and o.run.measured.find(name, o.place.name) for o in shown)
    ]


def picture_finding(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> Sentence | None:
    """Say what a picture shows of the runs of one place; None where they report none of it."""
    indicators = indicators_of(picture, outcomes)
    if not indicators:
        return None
    if picture.level is not None:
        return find_level(outcomes, indicators, picture.level, language)
    lead = next((i for i in indicators if i.id == picture.lead), indicators[0])
    return find(outcomes, lead.id, "", language)


def caption(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> str:
    """Give what stands below a picture in a document: place, what it shows, and how to read its marks.

    Empty where the runs report none of it.
    """
    told = picture_finding(picture, outcomes, language)
    if told is None:
        return ""
    place = outcomes[0].place
    ids = [indicator.id for indicator in indicators_of(picture, outcomes)]
    drawn = [outcome for outcome in outcomes if outcome.run]
    marks = []
    if not picture.stacked:
        if any(o.indicator in ids and place.area(o.region) == place.name for o in place.history):
            marks.append(_DOTS[language])
        if any(
            target.indicator in ids and place.area(target.region) == place.name
            for outcome in drawn
            for target in outcome.targets
        ):
            marks.append(_DIAMONDS[language])
        base = drawn[base_position(drawn)]
        if len(ids) == 1 and _is_banded(base, ids[0]):
            marks.append(_BAND[language].format(quoted(base.scenario.title[language], language)))
    stop = "。" if language == "zh" else ". "
    where = place.title[language]
    parts = [f"{where}{told.head}" if language == "zh" else f"{where}, {lowered(told.head)}", told.more]
    sentences = [STOP[language].join(part for part in parts if part)]
    if marks:
        reading = STOP[language].join(marks)
        sentences.append(reading[:1].upper() + reading[1:])
    text = stop.join(sentences) + stop.strip()
    note = open_note(picture, outcomes, language)
    return text + (("" if language == "zh" else " ") + note if note else "")


def _is_banded(outcome: Outcome, indicator: str) -> bool:
    place, years = outcome.place, outcome.run.measured.years if outcome.run else ()
    margins = margins_at(place, indicator, place.name, years, parameter_set=outcome.parameter_set)
    return int(np.isfinite(margins).sum()) > 1


def open_note(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> str:
    """Explain "open" where a verdict of the picture is; empty where none is."""
    if picture.stacked or not any_open(outcomes, picture.indicators, outcomes[0].place.name):
        return ""
    return _OPEN[language]
