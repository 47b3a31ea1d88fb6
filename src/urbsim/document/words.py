"""The words of the page in both languages; names, units and texts of variables are the model's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from urbsim.engine.trajectory import Honesty
from urbsim.study.words import Words


def read_words() -> dict[str, Words]:
    """Read the words of the page."""
    text = files("urbsim.document").joinpath("templates", "document_words.json").read_text(encoding="utf-8")
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


def honesty_words(honesty: Honesty) -> Words:
    """Say how far the file's own method and step are from the error-controlled answer."""
    method = METHODS[honesty.method].zh if honesty.method in METHODS else honesty.method
    own = f"文件自带的{method}、步长 {honesty.step:g}"
    if honesty.difference == float("inf"):
        return Words(zh=f"{own}，算不到终点", en=str(honesty))
    if not honesty.difference >= 0:
        return Words(zh=f"{own}，与保存时刻不合", en=str(honesty))
    share = f"{100 * honesty.difference:.2g}%"
    where = f"（{honesty.variable}，{honesty.time:g}）"
    return Words(zh=f"{own}，与误差受控的解相差至多为存量最大值的 {share}{where}", en=str(honesty))
