"""The columns of the scorecard and of a series, with their types. Values are in the metric's unit."""

from __future__ import annotations

from typing import Any

import polars as pl

# What is_trial, signal … are of a figure without a control chart.
NO_VARIATION: dict[str, Any] = {
    "signal": "",
    "signal_kind": "none",
    "variation": "",
    "is_trial": False,
    "lower": None,
    "mean": None,
    "upper": None,
    "since_last": "",
}
SCORECARD: dict[str, Any] = {
    "metric": pl.String,
    "code": pl.String,
    "name": pl.String,
    "area": pl.String,
    "unit": pl.String,
    "decimals": pl.Int64,
    "direction": pl.String,
    "kind": pl.String,
    "owner": pl.String,
    "period": pl.String,
    "period_label": pl.String,
    "dimension": pl.String,
    "member": pl.String,
    # the figure, and between which values a share of so few records may truly lie (Wilson, 95 %)
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    # the target
    "target": pl.Float64,
    "target_high": pl.Float64,
    "target_sign": pl.String,
    "target_text": pl.String,
    "target_document": pl.String,
    "target_clause": pl.String,
    "target_scope": pl.String,
    "target_is_demo": pl.Boolean,
    # the way to a cumulative target, and where it will end (95 % interval)
    "to_date": pl.Float64,
    "expected_to_date": pl.Float64,
    "expected_by": pl.String,
    "projection": pl.Float64,
    "projection_low": pl.Float64,
    "projection_high": pl.Float64,
    # the verdict
    "status": pl.String,
    "status_rule": pl.Int64,
    "status_reason": pl.String,
    # is it changing, and can this process meet the target
    "chart": pl.String,
    "signal": pl.String,
    "signal_kind": pl.String,
    "variation": pl.String,
    "assurance": pl.String,
    "is_trial": pl.Boolean,
    "lower": pl.Float64,
    "mean": pl.Float64,
    "upper": pl.Float64,
    "since_last": pl.String,
    # comparisons
    "previous": pl.Float64,
    "previous_change": pl.Float64,
    "last_year": pl.Float64,
    "last_year_change": pl.Float64,
    "festival": pl.Float64,
    "festival_change": pl.Float64,
    "festival_label": pl.String,
    "change_unit": pl.String,
    # a member beside the others of its dimension
    "rank": pl.Int64,
    "rank_of": pl.Int64,
    "rank_tied": pl.Boolean,
    "funnel": pl.String,
    "funnel_low": pl.Float64,
    "funnel_high": pl.Float64,
    # what to know before trusting it
    "definition_changed_on": pl.Date,
    "restated_from": pl.Float64,
    "restated_batch": pl.Int64,
    "restated_at": pl.Datetime("us"),
    "previous_restated_from": pl.Float64,
    "previous_restated_batch": pl.Int64,
    "previous_restated_at": pl.Datetime("us"),
    "restatement": pl.String,
    "improbable": pl.String,
    "calendar_note": pl.String,
    "is_complete": pl.Boolean,
    "has_gap": pl.Boolean,
    "coverage": pl.Float64,
    "coverage_text": pl.String,
    "as_of": pl.Date,
}
SERIES: dict[str, Any] = {
    "metric": pl.String,
    "period": pl.String,
    "first": pl.Date,
    "last": pl.Date,
    "label": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n": pl.Float64,
    "last_year": pl.Float64,
    "is_complete": pl.Boolean,
    "lower": pl.Float64,
    "mean": pl.Float64,
    "upper": pl.Float64,
    "is_trial": pl.Boolean,
    "signal": pl.String,
    "signal_kind": pl.String,
    "target": pl.Float64,
    # words to draw at this period: a change of definition, the beginning of a new baseline
    "event": pl.String,
}
# A figure of one period that becomes another.
CHANGE: dict[str, Any] = {
    "metric": pl.String,
    "name": pl.String,
    "unit": pl.String,
    "decimals": pl.Int64,
    "period": pl.String,
    "label": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
}
