"""The raw facts, and the regions and ages they are added up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

PLACE = Path(__file__).resolve().parents[2] / "models" / "places" / "chongqing"

Floats = npt.NDArray[np.float64]
Key = tuple[str, str, int, str]  # place, indicator, year, vintage

AGES = [f"age {a} {a + 4}" for a in range(0, 85, 5)] + ["age 85 plus"]
AGE_IDS = [age.removeprefix("age ").replace(" ", "_") for age in AGES]
CITY = "chongqing"
BASE_YEARS = (2010, 2020)
"""Censuses of 1 November, each standing for the end of its year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One of the four regions: its name in the model and in the evidence, and its districts (pinyin)."""

    name: str
    evidence: str
    districts: tuple[str, ...]


REGIONS = (
    Region(
        name="central city",
        evidence="central-city",
        districts=(
            *(
                "yuzhong",
                "dadukou",
                "jiangbei",
                "shapingba",
                "jiulongpo",
                "nanan",
                "beibei",
                "yubei",
                "banan",
            ),
        ),
    ),
    Region(
        name="metro new",
        evidence="metro-new",
        districts=(
            *(
                "fuling",
                "changshou",
                "jiangjin",
                "hechuan",
                "yongchuan",
                "nanchuan",
                "qijiang",
                "dazu",
                "bishan",
            ),
            *("tongliang", "tongnan", "rongchang"),
        ),
    ),
    Region(
        name="northeast",
        evidence="northeast-cluster",
        districts=(
            *("wanzhou", "kaizhou", "liangping", "chengkou", "fengdu", "dianjiang", "zhongxian", "yunyang"),
            *("fengjie", "wushan", "wuxi"),
        ),
    ),
    Region(
        name="southeast",
        evidence="southeast-cluster",
        districts=("qianjiang", "wulong", "shizhu", "xiushan", "youyang", "pengshui"),
    ),
)
MERGED_2011 = ("qijiang", "dazu")
"""Districts of 2020 that were two until 2011 (Qijiang and Wansheng, Dazu and Shuangqiao)."""
DISTRICTS = tuple(district for region in REGIONS for district in region.districts)


class Evidence:
    """The raw facts, looked up by place, indicator, year and vintage; numbers in the unit of the evidence."""

    def __init__(self, folder: Path) -> None:
        files = ("census.csv", "districts.csv", "city.csv", "recalled.csv")
        tables = [pd.read_csv(folder / file, keep_default_na=False) for file in files]
        keys = ["place", "indicator", "year", "vintage"]
        facts = pd.concat(tables, ignore_index=True).set_index(keys)
        lines: Any = facts.to_dict("index")  # refuses a fact given twice
        self.lines: dict[Key, dict[str, Any]] = lines
        grades = pd.read_csv(folder / "grades.csv", dtype=str, keep_default_na=False)
        records: Any = grades.to_dict("records")
        self.grades: dict[tuple[str, str, str], dict[str, str]] = {
            (line["variable"], line["element"], line["year"]): line for line in records
        }

    def get(self, place: str, indicator: str, year: int, *vintages: str) -> float | None:
        """Return the fact in the first of `vintages` that has it, or nothing."""
        for vintage in vintages:
            if line := self.lines.get((place, indicator, year, vintage)):
                return float(line["value"])
        return None

    def need(self, place: str, indicator: str, year: int, *vintages: str) -> float:
        """Return a fact that must be there."""
        value = self.get(place, indicator, year, *vintages)
        if value is None:
            raise KeyError((place, indicator, year, vintages))
        return value

    def ages(self, places: Iterable[str], year: int, suffix: str = "") -> Floats:
        """Add up residents by five-year age at a census [person]."""
        census = f"census-{year}"
        rows = [
            [self.need(p, f"population_age_{age}{suffix}", year, census) for age in AGE_IDS] for p in places
        ]
        return np.asarray(np.array(rows).sum(axis=0) * 1e4, dtype=np.float64)

    def count(self, places: Iterable[str], indicator: str, year: int = 2020) -> float:
        """Add up a census count [person]."""
        return sum(self.need(place, indicator, year, f"census-{year}") for place in places) * 1e4

    def panel(self, districts: Iterable[str], indicator: str, year: int = 2020) -> float:
        """Add up a yearbook count [persons, beds …]; Yuzhong, missing there, counts as nothing.

        In 2010 Qijiang and Dazu stand there without Wansheng and Shuangqiao, which joined them in 2011: they
        are scaled up by residents.
        """
        total = 0.0
        for d in districts:
            count = self.get(d, indicator, year, "first-release", "hukou-register") or 0.0
            if year == 2010 and d in MERGED_2011:
                count *= self.count([d], "resident_population", 2010) / self.count(
                    [f"{d}_old"], "resident_population", 2010
                )
            total += count
        return total * 1e4


def by_region(facts: Evidence, indicator: str, year: int = 2020) -> Floats:
    """Add up a census count over the districts of each region [person]."""
    return np.array([facts.count(region.districts, indicator, year) for region in REGIONS])


def scaled(values: Floats, total: float) -> Floats:
    """Scale a profile to a total."""
    return np.asarray(values * (total / values.sum()), dtype=np.float64)
