"""The parts of the page 数据健康: what arrived and when, which town sent nothing, what was refused and corrected."""

from kpi.ui.health.coverage import gaps_sentence, show_coverage
from kpi.ui.health.quarantine import show_quarantine
from kpi.ui.health.refusals import counts_sentence, show_trend
from kpi.ui.health.sources import show_sources, standing

__all__ = [
    "counts_sentence",
    "gaps_sentence",
    "show_coverage",
    "show_quarantine",
    "show_sources",
    "show_trend",
    "standing",
]
