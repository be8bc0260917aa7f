"""Corrections: figures already stated that a later batch, or an undo, changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpi.catalogue import Metric
from kpi.measure.comparisons import Moments
from kpi.measure.figures import BEGINNING, Figures
from kpi.measure.percentiles import Histogram, quantile
from kpi.measure.source import Source
from kpi.measure.wording import NOTHING, with_unit
from kpi.store import corrected_buckets, corrections

NAMES = {"day": "昨日数", "week": "上周数", "month": "上月数", "quarter": "上季数", "year": "上年数", "span": "上期数"}
OWN = {"day": "当日数", "week": "本周数", "month": "本月数", "quarter": "本季数", "year": "本年数", "span": "本期数"}
Stretch = tuple[date, date]


@dataclass(frozen=True)
class Restatement:
    """One correction of one figure: what it was before and after, by which batch, its file, when, import or undo."""

    before: float | None
    after: float | None
    batch: int
    file_name: str
    at: datetime
    is_undo: bool

    def sentence(self, metric: Metric, whose: str) -> str:
        """Return it as one clause: 上周数由 A 改为 B（批次 7“…”，12月8日 9:30 导入）."""
        old, new = (with_unit(value, metric.unit, metric.decimals) for value in (self.before, self.after))
        old += " " if old.endswith(("%", NOTHING)) else ""
        how = "撤销" if self.is_undo else "导入"
        moment = f"{self.at.year}年{self.at.month}月{self.at.day}日 {self.at:%H:%M}"
        return f"{whose}由 {old}改为 {new}（批次 {self.batch}“{self.file_name}”，{moment} {how}）"


class Restatements:
    """The corrections of many metrics in a few stretches of days, for the whole county or one town."""

    def __init__(self, source: Source, stretches: Sequence[Stretch], town: str | None = None) -> None:
        """Read the corrections that touch the given stretches, or anything before their ends for running sums."""
        self.source = source
        self._town = town
        self._changes: dict[tuple[str, Stretch], list[tuple[tuple[datetime, int, bool], float]]] = defaultdict(list)
        self._files: dict[int, str] = {}
        windows = [*dict.fromkeys([*stretches, *((BEGINNING, last) for _, last in stretches)])]
        if not windows:
            return
        for row in corrections(source.generation, windows, town).iter_rows(named=True):
            cause = (row["restated_at"], row["batch"], row["is_undo"])
            self._files[row["batch"]] = row["file_name"] or ""
            part = f"{row['subject']}.{row['measure']}"
            self._changes[part, windows[row["window"]]].append((cause, row["delta"]))

    def latest(self, figures: Figures, metric: Metric, stretch: Stretch) -> Restatement | None:
        """Return the last correction that shows in the figure of ``metric`` over ``stretch``, if there is one."""
        found = self.all(figures, metric, stretch, most=1)
        return found[0] if found else None

    def all(self, figures: Figures, metric: Metric, stretch: Stretch, most: int = 20) -> list[Restatement]:
        """Return the corrections of one figure, the newest first; those too small to show are left out."""
        if metric.kind == "percentile":
            return self._of_percentile(metric, stretch)[:most]
        shares = self._shares(metric, stretch)
        causes = sorted({cause for _, by_cause in shares for cause in by_cause}, reverse=True)
        numerator, denominator = figures.sums(metric, *stretch)
        after, found = figures.figure(metric, *stretch).value, []
        for cause in causes:
            numerator -= sum(by_cause[cause] for is_top, by_cause in shares if is_top)
            if denominator is not None:
                denominator -= sum(by_cause[cause] for is_top, by_cause in shares if not is_top)
            before = _divided(metric, numerator, denominator)
            found += self._shown(metric, before, after, cause)
            after = before
            if len(found) >= most:
                break
        return found

    def _shares(self, metric: Metric, stretch: Stretch) -> list[tuple[bool, dict[Any, float]]]:
        """Return what every cause added to numerator (True) and denominator (False).

        Where the definition changed inside the stretch, the corrections of its last definition are looked at.
        """
        defined = metric.on(stretch[1])
        running = (BEGINNING, stretch[1])
        asked = [(True, defined.numerator, running if metric.kind == "gauge" else stretch)]
        if defined.denominator:
            is_stock = metric.kind == "gauge" or metric.denominator_stock
            asked.append((False, defined.denominator, running if is_stock else stretch))
        shares = []
        for is_top, part, days in asked:
            by_cause: dict[Any, float] = defaultdict(float)
            for cause, delta in self._changes.get((part, days), ()):
                by_cause[cause] += delta
            shares.append((is_top, by_cause))
        return shares

    def _of_percentile(self, metric: Metric, stretch: Stretch) -> list[Restatement]:
        subject, measure = metric.on(stretch[1]).numerator.split(".")
        if subject not in self.source.generation.corrected_subjects:
            return []
        buckets = corrected_buckets(self.source.generation, subject, measure, *stretch, self._town)
        counts = {row["bucket"]: (row["records"], row["total"]) for row in buckets.filter(batch=0).to_dicts()}
        after, found = _read(metric, counts), []
        causes = buckets.filter(buckets["batch"] > 0)
        for (at, batch, is_undo), rows in _grouped(causes.to_dicts()):
            for row in rows:
                records, total = counts.get(row["bucket"], (0.0, 0.0))
                counts[row["bucket"]] = (records - row["records"], total - row["total"])
            self._files[batch] = rows[0]["file_name"] or ""
            before = _read(metric, counts)
            found += self._shown(metric, before, after, (at, batch, is_undo))
            after = before
        return found

    def _shown(
        self, metric: Metric, before: float | None, after: float | None, cause: tuple[datetime, int, bool]
    ) -> list[Restatement]:
        texts = [with_unit(value, metric.unit, metric.decimals) for value in (before, after)]
        at, batch, is_undo = cause
        return [Restatement(before, after, batch, self._files[batch], at, is_undo)] if texts[0] != texts[1] else []


def _divided(metric: Metric, numerator: float, denominator: float | None) -> float | None:
    if denominator is None:
        return numerator * metric.scale
    return numerator / denominator * metric.scale if denominator > 0 else None


def _read(metric: Metric, counts: dict[int, tuple[float, float]]) -> float | None:
    assert metric.quantile is not None
    values: Histogram = {}
    for records, total in counts.values():
        if records > 0:
            values[total / records] = values.get(total / records, 0.0) + records
    found = quantile(values, metric.quantile)
    return None if found is None else found * metric.scale


def _grouped(rows: list[dict[str, Any]]) -> list[tuple[tuple[datetime, int, bool], list[dict[str, Any]]]]:
    groups: dict[tuple[datetime, int, bool], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["restated_at"], row["batch"], row["is_undo"]].append(row)
    return sorted(groups.items(), reverse=True)


def columns(restatements: Restatements, figures: Figures, metric: Metric, when: Moments) -> dict[str, Any]:
    """Return the scorecard's columns on corrections: of the figure itself and of the one before it, and in words."""
    own = restatements.latest(figures, metric, when.current)
    whole, days = when.compared["previous"]
    # A period that was not fully reported has no figure to compare with, so nothing of it is told either.
    before = restatements.latest(figures, metric, days) if restatements.source.is_complete(metric, whole) else None
    said = [own.sentence(metric, OWN[when.period.kind])] if own else []
    said += [before.sentence(metric, NAMES[when.period.kind])] if before else []
    return {
        "restated_from": own.before if own else None,
        "restated_batch": own.batch if own else None,
        "restated_at": own.at if own else None,
        "previous_restated_from": before.before if before else None,
        "previous_restated_batch": before.batch if before else None,
        "previous_restated_at": before.at if before else None,
        "restatement": "；".join(said),
    }
