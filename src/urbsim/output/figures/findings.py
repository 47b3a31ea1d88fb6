"""Figures of the page of findings: what each loop contributes, and which limit binds when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from urbsim.output.figures.lettering import SMALL
from urbsim.output.figures.look import COLOURS, GREY, INK, RED
from urbsim.output.figures.page import lay_out, sheet
from urbsim.output.words.terms import quoted


def draw_changes(changes: Mapping[str, float], title: str, unit: str) -> Figure:
    """Draw a bar per name, the longest at the top: what changes, by how much [unit]."""
    ordered = sorted(changes.items(), key=lambda item: abs(item[1]))
    figure, (axes,) = sheet(height=0.2 * len(ordered) + 0.2)
    values = [value for _, value in ordered]
    colours = [COLOURS[1] if value >= 0 else RED for value in values]
    hatches = ["" if value >= 0 else "////" for value in values]  # for prints in grey
    names = [name for name, _ in ordered]
    bars = axes.barh(names, values, color=colours, hatch=hatches, edgecolor="white", linewidth=0, height=0.7)
    axes.bar_label(bars, labels=[_signed(value) for value in values], padding=3, fontsize=SMALL)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.margins(x=0.14)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    name, value = ordered[-1]
    lay_out(figure, title=f"{title}: most by {quoted(name, 'en')}, {_signed(value)}", subtitle=unit)
    return figure


def draw_spans(spans: Mapping[str, npt.NDArray[np.bool_]], years: Sequence[int], title: str) -> Figure:
    """Draw a row per name and a column per year, filled where a limit binds (a true value)."""
    figure, (axes,) = sheet(height=0.2 * len(spans) + 0.1)
    held = np.array([np.asarray(row, dtype=float) for row in spans.values()]).reshape(len(spans), len(years))
    axes.imshow(held, aspect="auto", cmap=ListedColormap(["#F2F2F2", COLOURS[2]]), vmin=0, vmax=1)
    axes.set_yticks(range(len(spans)), list(spans))
    axes.set_xticks(range(0, len(years), 5), [str(year) for year in years[::5]])
    axes.set_xticks(np.arange(-0.5, len(years)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(spans)), minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, which="minor", axis="both", color="white", linewidth=1.0)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.axvline(-0.5, color=GREY, linewidth=0.6)
    name, held_in = max(spans.items(), key=lambda item: int(item[1].sum()))
    told = f"{quoted(name, 'en')} longest, in {int(held_in.sum())} of {len(years)}"
    lay_out(figure, title=f"{title}: {told}")
    return figure


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")
