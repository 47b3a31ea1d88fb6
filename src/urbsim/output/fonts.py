"""Find a font on this system that has Chinese characters."""

from __future__ import annotations

from matplotlib import font_manager

KNOWN = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Noto Sans CJK JP",  # a collection file may be listed under its first face; it has all the characters
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "Microsoft YaHei",
    "SimHei",
    "DengXian",
    "SimSun",
    "AR PL UMing CN",
    "AR PL UKai CN",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)
ADVICE = (
    "no font with Chinese characters was found: the figures are in English only. Debian and Ubuntu have one "
    "in the package fonts-noto-cjk, Fedora in google-noto-sans-cjk-fonts; Windows and macOS bring their own."
)


def chinese_font() -> str | None:
    """Give the name of an installed font with Chinese characters; None when there is none."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in KNOWN if name in installed), None)
    if found is not None:
        return found
    # The list of fonts is cached between runs; look once more for one installed since.
    for path in font_manager.findSystemFonts():
        if any(
            part in path.lower()
            for part in ("cjk", "wqy", "sourcehan", "simhei", "msyh", "pingfang", "uming")
        ):
            try:
                font_manager.fontManager.addfont(path)
            except (OSError, RuntimeError):
                continue
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KNOWN if name in installed), None)
