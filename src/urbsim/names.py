"""How names are compared."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1 << 16)  # the same few thousand names are compared again and again
def fold(name: str) -> str:
    """Fold a name as Vensim does: case, runs of blanks and underscores, and outer quotes do not matter."""
    return " ".join(name.strip().strip('"').replace("_", " ").split()).casefold()


@lru_cache(maxsize=1 << 10)  # the axes of a model are few, and rows of tables are many
def folded(names: tuple[str, ...]) -> tuple[str, ...]:
    """Fold every name of an axis."""
    return tuple(map(fold, names))
