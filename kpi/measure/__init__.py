"""Roll up, divide once, compare, judge. Pure Polars: figures of a generation, judged by the catalogue."""

from kpi.measure.card import card
from kpi.measure.effects import effects
from kpi.measure.explain import explain
from kpi.measure.judge import STATUSES
from kpi.measure.narrative import overview, sentences
from kpi.measure.restated import restated
from kpi.measure.scorecard import scorecard
from kpi.measure.series import series
from kpi.measure.source import Source, dimensions, open_source
from kpi.measure.wording import decimals_of, digits, figure, rounded, with_unit

__all__ = [
    "STATUSES",
    "Source",
    "card",
    "decimals_of",
    "digits",
    "dimensions",
    "effects",
    "explain",
    "figure",
    "open_source",
    "overview",
    "restated",
    "rounded",
    "scorecard",
    "sentences",
    "series",
    "with_unit",
]
