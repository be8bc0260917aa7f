"""What a page of figures says at its head: how they stand, the worst exceptions, what joined and what left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kpi.measure.phrases import Row, Sentence, beside

TONES = (("达标", ("达标", "超前")), ("关注", ("关注", "落后")), ("未达标", ("未达标",)))
GREYS = ("未设目标", "本期未完", "样本不足", "缺实绩", "缺基线", "覆盖不全", "口径变更", "数据过期")
# Order of urgency: a missed target before a slipping one, a slipping one before an alarming movement.
URGENCY = {"未达标": 0, "落后": 1, "关注": 2}
NAMED = 3


def overview(
    rows: Sequence[Mapping[str, Any]], before: Iterable[Mapping[str, Any]] = (), what: str = "项指标"
) -> list[Sentence]:
    """Return what the rows of one scorecard say together.

    In order: how many have which status; the worst exceptions with their figures; which alarming movements
    hide behind other statuses; what joined or left the exceptions since ``before``, the scorecard of the
    period before. Counts are of rows, so their keys name the status of every row counted.
    """
    told = [Row(row) for row in rows]
    parts = (_counted(told, what), _worst(told, what), _moving(told), _compared(told, [Row(row) for row in before]))
    return [sentence for sentence in parts if sentence is not None]


def _keys(rows: Iterable[Row], *columns: str) -> tuple[str, ...]:
    return tuple(key for row in rows for key in row.keys(*columns))


def _counted(rows: Sequence[Row], what: str) -> Sentence:
    statuses = [row["status"] for row in rows]
    counts = [(sum(map(statuses.count, among)), word) for word, among in TONES]
    said = [f"{count} {word}" for count, word in counts if count or word != "关注"]
    said += [f"{statuses.count(status)} {status}" for status in GREYS if status in statuses]
    return Sentence(f"{len(rows)} {what}：{' · '.join(said)}。", _keys(rows, "status"))


def _distance(row: Row) -> float:
    """Return how far a row is from where it should be, as a share of that: comparable between metrics, if roughly."""
    now, due = row["value"], row["target"]
    if row["to_date"] is not None:
        now, due = row["to_date"], row["expected_to_date"]
    elif row["target_high"] is not None and now is not None and now > row["target_high"]:
        due = row["target_high"]
    if now is None or due is None:
        return 0.0
    return float(abs(now - due) / (abs(due) or 1.0))


def _worst(rows: Sequence[Row], what: str) -> Sentence | None:
    found = [row for row in rows if row["status"] in URGENCY]
    found.sort(key=lambda row: (URGENCY[row["status"]], -_distance(row)))
    if not found:
        return None
    named = found[:NAMED]
    whose = found[0].name if _is_of_one(found) else ""
    said = [
        f"{beside(title, _figure(row))}（{row['status']}）" for title, row in zip(_titles(named), named, strict=True)
    ]
    more = f"；共 {len(found)} {what}" if len(found) > NAMED else ""
    keys = _keys(found, "status") + _keys(named, "value", "to_date", "target", "target_text")
    return Sentence(f"{whose}最需关注：{'；'.join(said)}{more}。", keys)


def _figure(row: Row) -> str:
    amount = row.amount("value") if row["to_date"] is None else f"累计 {row.amount('to_date')}"
    return amount if row["target"] is None else f"{amount}，{row.aim}"


def _moving(rows: Sequence[Row]) -> Sentence | None:
    found = [row for row in rows if row["signal_kind"] == "concern" and row["status"] not in URGENCY]
    if not found:
        return None
    return Sentence(
        f"另有 {len(found)} 项出现不利的异常变动（{_names(found)}）。", _keys(found, "signal_kind", "status")
    )


def _names(rows: Sequence[Row]) -> str:
    return f"{'、'.join(_titles(rows)[:NAMED])}{'等' if len(rows) > NAMED else ''}"


def _is_of_one(rows: Sequence[Row]) -> bool:
    """Say whether the rows are members of one metric, which then need not be named again and again."""
    return len({row.name for row in rows}) == 1 and all(row["member"] for row in rows)


def _titles(rows: Sequence[Row]) -> list[str]:
    return [row["member"] if _is_of_one(rows) else row.title for row in rows]


def _compared(rows: Sequence[Row], before: Sequence[Row]) -> Sentence | None:
    then = {row.subject: row["status"] for row in before}
    joined = [row for row in rows if row["status"] in URGENCY and then.get(row.subject) not in (None, *URGENCY)]
    left = [row for row in rows if row["status"] in ("达标", "超前") and then.get(row.subject) in URGENCY]
    groups = (("新增例外", joined), ("恢复达标", left))
    said = [f"{word} {len(found)} 项（{_names(found)}）" for word, found in groups if found]
    if not said:
        return None
    now = {row.subject for row in [*joined, *left]}
    keys = _keys([*joined, *left, *(row for row in before if row.subject in now)], "status")
    return Sentence(f"与上期相比{'，'.join(said)}。", keys)
