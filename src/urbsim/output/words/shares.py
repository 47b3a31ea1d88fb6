"""Write a share of many runs for people."""

from __future__ import annotations

from urbsim.study.words import Language


def told_share(share: float, language: Language, digits: int = 0) -> str:
    """Write a share [-] in per cent with so many decimals, so that neither none nor all is said of some.

    Examples
    --------
    >>> told_share(0.294, "en"), told_share(0.9999, "en"), told_share(0.0004, "zh", 1), told_share(1, "en")
    ('29 %', '> 99 %', '<0.1%', '100 %')
    """
    blank = "" if language == "zh" else " "
    percent = f"{100 * share:.{digits}f}"
    least = 10.0**-digits
    if 0 < share < 1 and float(percent) in (0, 100):
        percent = f"<{blank}{least:g}" if share < 0.5 else f">{blank}{100 - least:.{digits}f}"
    return f"{percent}{blank}%"
