"""Say what a fit did: the lines and tables that `urbsim calibrate` prints."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from rich.text import Text

from urbsim.analysis.calibration import Calibration
from urbsim.analysis.fit import Fit, Fitted, Stage

STRONG = 0.8  # [-] correlations from which two parameters are hard to tell apart
SHOWN = 12  # of them
WIDE = 1.3  # times its error, from which residuals are larger than they should be
LITTLE = 0.2  # [-] of the prior variance: the observations say little


def stage_line(stage: Stage) -> str:
    """Say what a stage did."""
    done = (
        f"  {stage.name}: {stage.parameters} parameters, {stage.residuals} residuals, "
        f"sum of squares {stage.before:.6g} -> {stage.after:.6g}"
        + (f" ({stage.prior:.3g} of it the prior)" if stage.prior else "")
        + f", {stage.runs} runs"
    )
    return f"{done} ({stage.message})" if stage.message else done


def fit_lines(fit: Fit, calibration: Calibration) -> Iterator[str | Table]:
    """Give what to print of a fit: how good it is, the parameters, and what is hard to tell."""
    count = len(fit.data)
    rms = np.sqrt(fit.after / max(1, count))
    yield (
        f"{fit.name}: {count} observations until {fit.plan.until}, {_years(fit)}; squared residuals, with "
        f"error control, {fit.before:.6g} -> {fit.after:.6g}: {rms:.2f} standard errors each"
    )
    yield _parameters(fit)
    if calibration.weights == "absolute":
        yield "Standard errors take the errors of the observations at their word."
        if rms > WIDE:
            yield (
                f"Residuals are {rms:.1f} times as large, and alike in years that follow one another: "
                f"the standard errors are too small, by {rms:.1f} times at the least."
            )
    else:
        yield f"Standard errors are scaled by the residuals, whose weighted variance is {fit.variance:.4g}."
    if calibration.prior:
        yield (
            "Each parameter is held near its central value by its range, read as 90 % probable; 'learned' is "
            "the share of that uncertainty (variance) which the observations took away."
        )
        little = [p.knob.label for p in fit.parameters if p.learned is not None and p.learned < LITTLE]
        if little:
            yield f"The observations say little about: {'; '.join(little)}."
    on_bound = [f"{p.knob.label} ({p.bound})" for p in fit.parameters if p.bound]
    if on_bound:
        yield f"On a bound, and without a standard error: {'; '.join(on_bound)}."
    pairs = strongest(fit)
    if pairs:
        yield f"Hard to tell apart (correlation): {'; '.join(f'{a} / {b} {r:+.2f}' for a, b, r in pairs)}."


def strongest(fit: Fit) -> list[tuple[str, str, float]]:
    """Give the pairs of parameters that are hardest to tell apart, with their correlation."""
    labels = [p.knob.label for p in fit.parameters]
    pairs = [
        (labels[i], labels[j], float(fit.correlations[i, j]))
        for i in range(len(labels))
        for j in range(i)
        if np.isfinite(fit.correlations[i, j]) and abs(fit.correlations[i, j]) >= STRONG
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))[:SHOWN]


def _parameters(fit: Fit) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("parameter", "value", "± standard error", "before", "range", "unit", "bound", "learned"):
        table.add_column(name, no_wrap=name == "parameter")
    for one in fit.parameters:
        table.add_row(*map(Text, _cells(one)))
    return table


def _cells(one: Fitted) -> tuple[str, ...]:
    knob = one.knob
    factor = knob.label.endswith("(factor)")
    return (
        knob.label,
        f"{one.value:.5g}",
        "" if one.error is None else f"{one.error:.2g}",
        f"{knob.central:.5g}",
        f"{knob.low:g} to {knob.high:g}",
        "" if factor else knob.unit,
        one.bound,
        "" if one.learned is None else f"{100 * one.learned:.0f} %",
    )


def _years(fit: Fit) -> str:
    return "runs from " + " and ".join(map(str, fit.plan.runs))
