"""A name or a text in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same words in both languages; a text given once serves for both."""

    zh: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "zh", self.zh or self.en)
        object.__setattr__(self, "en", self.en or self.zh)

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def __bool__(self) -> bool:
        return bool(self.en)
