"""The words of the page in both languages; names, units and texts of variables are the model's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from urbsim.study.words import Words


def read_words() -> dict[str, Words]:
    """Read the words of the page."""
    text = files("urbsim.output").joinpath("templates", "document_words.json").read_text(encoding="utf-8")
    return {key: Words(**words) for key, words in json.loads(text).items()}


GRADES: Mapping[str, str] = {
    "official": "official",
    "secondary": "secondary",
    "derived": "derived",
    "judgement": "assumed",
    "from-memory": "recalled",
}
METHODS: Mapping[str, Words] = {
    "euler": Words(zh="欧拉法", en="Euler"),
    "rk2": Words(zh="二阶龙格-库塔法", en="Runge-Kutta, second order"),
    "rk4": Words(zh="四阶龙格-库塔法", en="Runge-Kutta, fourth order"),
}
