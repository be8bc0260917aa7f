"""Colours by meaning, for pages, charts, the wall and exported documents alike.

Two themes carry the same names, so a figure asks for `missed` and never for a hex value. Every text colour
reaches WCAG AA (4.5:1) on its background and on its card.
"""

from dataclasses import asdict, dataclass
from typing import Final, Literal

Theme = Literal["light", "dark"]
Tone = Literal["met", "watch", "missed", "grey"]

FONT: Final = '"HarmonyOS Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'


@dataclass(frozen=True)
class Palette:
    """One theme: a hex colour per meaning."""

    background: str
    card: str
    line: str
    ink: str
    ink_secondary: str
    this_period: str
    last_year: str
    normal_range: str
    met: str
    watch: str
    missed: str
    grey: str
    signal: str
    improvement: str
    on_tone: str

    def tone(self, tone: Tone) -> str:
        """Return the colour of a tone."""
        return {"met": self.met, "watch": self.watch, "missed": self.missed, "grey": self.grey}[tone]

    def signal_colour(self, kind: str) -> str:
        """Return the colour of a signal point (improvement, concern, neutral); any other kind is a plain point."""
        return {"improvement": self.improvement, "concern": self.signal, "neutral": self.ink_secondary}.get(
            kind, self.this_period
        )

    def css(self) -> str:
        """Return the theme as CSS custom properties, such as `--kpi-ink-secondary: #5B6B82;`."""
        return " ".join(f"--kpi-{name.replace('_', '-')}: {colour};" for name, colour in asdict(self).items())


LIGHT: Final = Palette(
    background="#F5F7FA",
    card="#FFFFFF",
    line="#DDE4EC",
    ink="#14213D",
    ink_secondary="#5B6B82",
    this_period="#1D5FBF",
    last_year="#9AA8BA",
    normal_range="#EAF1FB",
    met="#15803D",
    watch="#B45309",
    missed="#C2261C",
    grey="#5B6B82",
    signal="#B45309",
    improvement="#15803D",
    on_tone="#FFFFFF",
)

DARK: Final = Palette(
    background="#0B1526",
    card="#13233B",
    line="#24405F",
    ink="#E8EEF7",
    ink_secondary="#9DB0C9",
    this_period="#5AA9FF",
    last_year="#5B7190",
    normal_range="#1B3252",
    met="#3CCB7F",
    watch="#F2B544",
    missed="#FF6B5E",
    grey="#9DB0C9",
    signal="#F2B544",
    improvement="#3CCB7F",
    on_tone="#0B1526",
)


# Parts of a whole have no meaning of good or bad: five steps of one hue, dark to pale, told apart in grey print too.
PARTS: Final[dict[Theme, tuple[str, ...]]] = {
    "light": ("#143F7F", "#1D5FBF", "#5C8FDB", "#9DBDEB", "#CFDDF3"),
    "dark": ("#D6E7FF", "#9CCBFF", "#5AA9FF", "#3676BD", "#284F7E"),
}


@dataclass(frozen=True)
class Mark:
    """How a status is shown: its shape, which also prints in black and white, and its tone."""

    shape: str
    tone: Tone


STATUS: Final[dict[str, Mark]] = {
    "达标": Mark("✓", "met"),
    "超前": Mark("✓", "met"),
    "关注": Mark("!", "watch"),
    "落后": Mark("!", "watch"),
    "未达标": Mark("✕", "missed"),
    "未设目标": Mark("–", "grey"),
    "缺实绩": Mark("–", "grey"),
    "缺基线": Mark("–", "grey"),
    "样本不足": Mark("–", "grey"),
    "覆盖不全": Mark("–", "grey"),
    "口径变更": Mark("–", "grey"),
    "数据过期": Mark("–", "grey"),
    "本期未完": Mark("–", "grey"),
}


def palette(theme: Theme = "light") -> Palette:
    """Return the palette of a theme."""
    return DARK if theme == "dark" else LIGHT


def mark(status: str) -> Mark:
    """Return the mark of a status. KeyError for a word that is no status, so that none can stay colourless."""
    return STATUS[status]


# What an arrival's state looks like: shape, word, tone; the most troubled first.
ARRIVALS = {
    "broken": ("✕", "中断", "missed"),
    "late": ("!", "迟报", "watch"),
    "never": ("–", "从未报送", "grey"),
    "fresh": ("✓", "按期", "met"),
}
