"""Roll up, divide once, compare, judge. Pure Polars: figures of a generation, judged by the catalogue."""

from kpi.measure.judge import STATUSES
from kpi.measure.scorecard import scorecard
from kpi.measure.series import series
from kpi.measure.source import Source
from kpi.measure.wording import figure, number, with_unit

__all__ = ["STATUSES", "Source", "figure", "number", "scorecard", "series", "with_unit"]
