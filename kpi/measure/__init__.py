"""Roll up, divide once, compare, judge. Pure Polars: figures of a generation, judged by the catalogue."""

from kpi.measure.judge import STATUSES
from kpi.measure.scorecard import scorecard
from kpi.measure.series import series
from kpi.measure.source import Source, dimensions
from kpi.measure.wording import decimals_of, digits, figure, rounded, with_unit

__all__ = [
    "STATUSES",
    "Source",
    "decimals_of",
    "digits",
    "dimensions",
    "figure",
    "rounded",
    "scorecard",
    "series",
    "with_unit",
]
