"""The slow and obvious way to every metric: plain Python over plain rows, no SQL sums, no Polars, no shared code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from chinese_calendar import is_workday

Row = dict[str, Any]
Figure = tuple[float, float | None]


def _within(moment: datetime | date | None, first: date, last: date) -> bool:
    if moment is None:
        return False
    day = moment.date() if isinstance(moment, datetime) else moment
    return first <= day <= last


def _share(rows: Iterable[tuple[bool, bool]]) -> Figure:
    """Count (belongs to the numerator, belongs to the denominator) pairs."""
    top = bottom = 0
    for in_numerator, in_denominator in rows:
        bottom += in_denominator
        top += in_numerator and in_denominator
    return top, bottom


def ticket_count(tickets: list[Row], first: date, last: date) -> Figure:
    """Tickets received."""
    return sum(_within(t["received_at"], first, last) for t in tickets), None


def ticket_satisfaction(tickets: list[Row], first: date, last: date) -> Figure:
    """Satisfied among those reached, who gave a final level, by day of the call."""
    called = [t for t in tickets if _within(t["called_back_at"], first, last)]
    return _share(
        ((t["final_level"] or 0) >= 3, bool(t["is_reached"]) and t["final_level"] is not None) for t in called
    )


def ticket_on_time(tickets: list[Row], first: date, last: date) -> Figure:
    """Closed by the deadline among those whose deadline lies in the period; the files state every deadline."""
    due = [t for t in tickets if _within(t["due_at"], first, last)]
    return _share((t["closed_at"] is not None and t["closed_at"] <= end_of(t["due_at"]), True) for t in due)


def ticket_overdue_open(tickets: list[Row], _first: date, last: date) -> Figure:
    """Past the deadline at the end of the last day and not yet closed by then."""
    return sum(
        t["due_at"].date() <= last
        and (t["closed_at"] is None or t["closed_at"].date() > last)
        and (t["closed_at"] is None or t["closed_at"] > end_of(t["due_at"]))
        for t in tickets
    ), None


def ticket_dispatch_hours(tickets: list[Row], first: date, last: date) -> Figure:
    """Seconds from receipt to first dispatch, over dispatched tickets."""
    waits = [
        (t["first_dispatched_at"] - t["received_at"]).total_seconds()
        for t in tickets
        if _within(t["received_at"], first, last) and _timed(t["received_at"]) and _timed(t["first_dispatched_at"])
    ]
    return sum(waits), len(waits)


def _timed(moment: datetime | None) -> bool:
    """Say whether a moment is known to more than its day."""
    return moment is not None and moment.time() != time()


def rating_satisfaction(ratings: list[Row], first: date, last: date) -> Figure:
    """Levels 3 to 5 among ratings with a level that were not given by default."""
    made = [r for r in ratings if _within(r["rated_at"], first, last)]
    return _share(
        (r["level"] is not None and r["level"] >= 3, r["level"] is not None and not r["is_default"]) for r in made
    )


def rating_rectified(ratings: list[Row], first: date, last: date) -> Figure:
    """Rectified among valid negative ratings."""
    made = [r for r in ratings if _within(r["rated_at"], first, last)]
    return _share((r["rectified_at"] is not None, r["verification"] == "有效差评") for r in made)


def kiosk_sessions(transactions: list[Row], first: date, last: date) -> Figure:
    """Different sessions, counted once a day."""
    made = [t for t in transactions if _within(t["started_at"], first, last)]
    return len({(t["session_id"], t["started_at"].date()) for t in made}), None


def kiosk_idle(transactions: list[Row], kiosks: list[Row], last: date) -> Figure:
    """Machines in service for 30 days without a transaction on the last day or the 29 before it."""
    used: dict[str, set[date]] = {}
    for transaction in transactions:
        used.setdefault(transaction["kiosk_id"], set()).add(transaction["started_at"].date())
    idle = 0
    for kiosk in _in_service(kiosks, last):
        days = used.get(kiosk["kiosk_id"], set())
        quiet = not any(last - timedelta(days=back) in days for back in range(30))
        idle += quiet and kiosk["in_service_on"] + timedelta(days=30) <= last
    return idle, None


def kiosk_per_machine_day(transactions: list[Row], kiosks: list[Row], first: date, last: date) -> Figure:
    """Transactions over machine-days in service."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    made = sum(_within(t["started_at"], first, last) for t in transactions)
    return made, sum(1 for day in days for _ in _in_service(kiosks, day))


def one_window_wait(cases: list[Row], first: date, last: date) -> Figure:
    """Minutes waited over cases with a record of waiting."""
    waits = [
        c["wait_minutes"] for c in cases if _within(c["accepted_at"], first, last) and c["wait_minutes"] is not None
    ]
    return sum(waits), len(waits)


def _in_service(kiosks: list[Row], day: date) -> Iterator[Row]:
    for kiosk in kiosks:
        if kiosk["in_service_on"] <= day and (kiosk["retired_on"] is None or day < kiosk["retired_on"]):
            yield kiosk


# Every metric of the catalogue, from its definition in words. A world is subject → plain rows; a metric answers for
# the whole county or one town over a stretch of days with (numerator, denominator), a percentile with its value.

World = dict[str, list[Row]]
WORKING_DAYS = {"咨询": 2, "求助": 10, "建议": 10, "投诉": 15, "举报": 15}
CONTACT_REDEFINED = date(2023, 7, 1)
ONE_DAY = timedelta(days=1)


def working_days_after(begun: date, ended: date) -> int:
    """Working days after ``begun``, up to and including ``ended``; none when it ends earlier."""
    return sum(is_workday(begun + ONE_DAY * n) for n in range(1, (ended - begun).days + 1))


def end_of(due: datetime) -> datetime:
    """A deadline without a time of day ends at night."""
    return datetime.combine(due, time(23, 59, 59)) if due.time() == time() else due


def falls_due(ticket: Row) -> datetime:
    """The stated deadline, else the end of the last working day the category, extension and pause allow."""
    if ticket["due_at"] is not None:
        return end_of(ticket["due_at"])
    left = WORKING_DAYS[ticket["category"]] + (ticket["extension_days"] or 0)
    if ticket["returned_at"] is not None and ticket["redispatched_at"] is not None:
        left += working_days_after(ticket["returned_at"].date(), ticket["redispatched_at"].date())
    day: date = ticket["received_at"].date()
    while left:
        day += ONE_DAY
        left -= is_workday(day)
    return datetime.combine(day, time(23, 59))


class Plain:
    """Answers about one world and place, by going through all rows for every question."""

    def __init__(self, world: World, town: str | None) -> None:
        self.world = world
        self.town = town

    def here(self, subject: str) -> list[Row]:
        """The rows of the place."""
        return [row for row in self.world[subject] if self.town in (None, row.get("town"))]

    def dated(self, subject: str, moment: str, first: date, last: date) -> list[Row]:
        """The rows of the place whose moment lies in the stretch of days."""
        return [row for row in self.here(subject) if _within(row[moment], first, last)]

    def sessions(self, first: date, last: date) -> int:
        """Sessions, one a day, each where its first transaction of the day was."""
        opening: dict[tuple[str, date], Row] = {}
        for row in sorted(self.world["kiosk_transaction"], key=lambda r: (r["started_at"], r["transaction_id"])):
            opening.setdefault((row["session_id"], row["started_at"].date()), row)
        return sum(_within(r["started_at"], first, last) and self.town in (None, r["town"]) for r in opening.values())

    def window_days(self, first: date, last: date) -> int:
        """Windows with a case, one a day, each where its first case of the day was."""
        opening: dict[tuple[str, str, date], Row] = {}
        for row in sorted(self.world["one_window_case"], key=lambda r: (r["accepted_at"], r["case_id"])):
            opening.setdefault((row["hall"], row["window"], row["accepted_at"].date()), row)
        return sum(_within(r["accepted_at"], first, last) and self.town in (None, r["town"]) for r in opening.values())

    def residents(self, last: date) -> int:
        """Inhabitants by the newest count of every town."""
        newest: dict[str, Row] = {}
        for row in sorted(self.here("town_population"), key=lambda r: (r["counted_on"], r["population_id"])):
            if row["counted_on"] <= last:
                newest[row["town"]] = row
        return sum(row["residents"] for row in newest.values())

    def machines(self, day: date) -> int:
        """Machines in service on a day."""
        return sum(1 for _ in _in_service(self.here("kiosk"), day))

    def idle(self, last: date) -> float:
        """Machines of the place without a transaction, wherever it was booked, for 30 days."""
        return kiosk_idle(self.world["kiosk_transaction"], self.here("kiosk"), last)[0]


Answer = Callable[[Plain, date, date], Figure]
Test = Callable[[Row], bool]


def _always(_row: Row) -> bool:
    return True


def _count(subject: str, moment: str, counts: Test = _always) -> Answer:
    return lambda plain, first, last: (sum(counts(r) for r in plain.dated(subject, moment, first, last)), None)


def _part(subject: str, moment: str, top: Test, bottom: Test = _always) -> Answer:
    def answer(plain: Plain, first: date, last: date) -> Figure:
        return _share((bool(top(r)), bool(bottom(r))) for r in plain.dated(subject, moment, first, last))

    return answer


def _mean(subject: str, moment: str, amount: Callable[[Row], float], known: Test) -> Answer:
    def answer(plain: Plain, first: date, last: date) -> Figure:
        amounts = [amount(r) for r in plain.dated(subject, moment, first, last) if known(r)]
        return sum(amounts), len(amounts)

    return answer


def _listed(subject: str, moment: str, counts: Test) -> Answer:
    return lambda plain, first, last: (sum(bool(counts(r)) for r in plain.dated(subject, moment, date.min, last)), None)


def _both(top: Answer, bottom: Answer) -> Answer:
    return lambda plain, first, last: (top(plain, first, last)[0], bottom(plain, first, last)[0])


def _due_share(subject: str) -> Answer:
    """Closed by the promised moment, among the cases promised in the stretch and not sent back."""
    return _part(
        subject,
        "due_at",
        lambda r: r["closed_at"] is not None and r["closed_at"] <= end_of(r["due_at"]),
        lambda r: r["status"] != "已退件",
    )


def _level(name: str, least: int = 1) -> Test:
    return lambda r: r[name] is not None and r[name] >= least


def _rated(row: Row) -> bool:
    return row["level"] is not None and not row["is_default"]


def _valid_negative(row: Row) -> bool:
    return row["verification"] == "有效差评"


def _reached(row: Row) -> bool:
    return bool(row["is_reached"])


def _dispatched(row: Row) -> bool:
    return row["first_dispatched_at"] is not None


def _late(row: Row) -> bool:
    return row["closed_at"] is None or row["closed_at"] > falls_due(row)


def _handled_days(row: Row) -> int:
    begun = row["first_dispatched_at"] or row["received_at"]
    return working_days_after(begun.date(), row["closed_at"].date())


def on_time(plain: Plain, first: date, last: date) -> Figure:
    """Tickets closed by the moment they fell due, among those that fell due."""
    return _share((not _late(t), True) for t in plain.here("ticket") if _within(falls_due(t), first, last))


def overdue_open(plain: Plain, _first: date, last: date) -> Figure:
    """Tickets past their moment at the end of the last day, and not closed by then."""
    open_still = [t for t in plain.here("ticket") if t["closed_at"] is None or t["closed_at"].date() > last]
    return sum(falls_due(t).date() <= last and _late(t) for t in open_still), None


def backlog(plain: Plain, _first: date, last: date) -> Figure:
    """Tickets received by the end of the last day and not closed by then."""
    received = plain.dated("ticket", "received_at", date.min, last)
    return sum(t["closed_at"] is None or t["closed_at"].date() > last for t in received), None


def contact_confirmed(plain: Plain, first: date, last: date) -> Figure:
    """Contact confirmed, over those who gave a clear answer, and from the change on over all who were reached."""
    return _share(
        (bool(t["is_contacted"]), t["is_contacted"] is not None or t["called_back_at"].date() >= CONTACT_REDEFINED)
        for t in plain.dated("ticket", "called_back_at", first, last)
        if t["is_reached"]
    )


def percentile(share: float) -> Answer:
    """Working days from dispatch to closing that ``share`` of the closed tickets stay within, between neighbours."""

    def answer(plain: Plain, first: date, last: date) -> Figure:
        days = sorted(_handled_days(t) for t in plain.dated("ticket", "closed_at", first, last))
        if not days:
            return 0, 0
        place = share * (len(days) - 1)
        low = int(place)
        return days[low] + (place - low) * (days[min(low + 1, len(days) - 1)] - days[low]), 1

    return answer


def machine_days(plain: Plain, first: date, last: date) -> Figure:
    """Machines in service, added up over the days."""
    return sum(plain.machines(first + ONE_DAY * n) for n in range((last - first).days + 1)), None


RATINGS, TICKETS = ("rating", "rated_at"), ("ticket", "received_at")
CLOSED, CALLED = ("ticket", "closed_at"), ("ticket", "called_back_at")
SERVED, CROSS = ("kiosk_transaction", "started_at"), ("cross_region_case", "accepted_at")
WINDOW, ASSISTED = ("one_window_case", "accepted_at"), ("assisted_case", "accepted_at")
ITEMS = ("service_item", "listed_on")

EVERY_METRIC: dict[str, Answer] = {
    "rating.count": _count(*RATINGS),
    "rating.satisfaction": _part(*RATINGS, _level("level", 3), _rated),
    "rating.very_satisfied": _part(*RATINGS, _level("level", 5), _rated),
    "rating.volunteered": _part(*RATINGS, lambda r: not r["is_default"]),
    "rating.online": _part(*RATINGS, lambda r: r["channel"] in ("粤省事", "广东政务服务网", "短信")),
    "rating.negative": _count(*RATINGS, lambda r: r["level"] in (1, 2)),
    "rating.valid_negative": _count(*RATINGS, _valid_negative),
    "rating.valid_negative_rate": _both(_count(*RATINGS, _valid_negative), _count(*RATINGS, _rated)),
    "rating.rectified": _part(*RATINGS, lambda r: r["rectified_at"] is not None, _valid_negative),
    "rating.rectified_on_time": _part(
        "rating",
        "rectify_due_on",
        lambda r: r["rectified_at"] is not None and r["rectified_at"].date() <= r["rectify_due_on"],
        _valid_negative,
    ),
    "rating.called_back": _part(
        *RATINGS, lambda r: r["called_back_at"] is not None, lambda r: _valid_negative(r) and r["is_real_name"]
    ),
    "rating.window_coverage": lambda plain, first, last: (
        sum(h["rated_window_count"] for h in plain.dated("service_hall", "opened_on", date.min, last)),
        sum(h["window_count"] for h in plain.dated("service_hall", "opened_on", date.min, last)),
    ),
    "ticket.count": _count(*TICKETS),
    "ticket.transferred": _count(*TICKETS, lambda t: t["handling"] == "转办"),
    "ticket.supervised": _count(*TICKETS, lambda t: t["handling"] == "督办"),
    "ticket.per_10k": lambda plain, first, last: (
        len(plain.dated("ticket", "received_at", first, last)),
        plain.residents(last),
    ),
    "ticket.satisfaction": _part(
        *CALLED, _level("final_level", 3), lambda t: _reached(t) and t["final_level"] is not None
    ),
    "ticket.first_satisfaction": _part(
        *CALLED, _level("first_level", 3), lambda t: _reached(t) and t["first_level"] is not None
    ),
    "ticket.resolved": _part(
        *CALLED, lambda t: bool(t["is_resolved"]), lambda t: _reached(t) and t["is_resolved"] is not None
    ),
    "ticket.contact_confirmed": contact_confirmed,
    "ticket.on_time": on_time,
    "ticket.closed_rate": _part(*TICKETS, lambda t: t["closed_at"] is not None),
    "ticket.overdue_open": overdue_open,
    "ticket.backlog": backlog,
    "ticket.dispatch_hours": _mean(
        *TICKETS,
        lambda t: (t["first_dispatched_at"] - t["received_at"]).total_seconds(),
        lambda t: _timed(t["received_at"]) and _timed(t["first_dispatched_at"]),
    ),
    "ticket.handling_median": percentile(0.5),
    "ticket.handling_p90": percentile(0.9),
    "ticket.signed_in_time": _part(
        *TICKETS,
        lambda t: (
            t["signed_at"] is not None and t["signed_at"] - t["first_dispatched_at"] <= ONE_DAY
            if _dispatched(t)
            else False
        ),
        lambda t: _timed(t["first_dispatched_at"]) and (t["signed_at"] is None or _timed(t["signed_at"])),
    ),
    "ticket.contacted": _part(*CLOSED, lambda t: t["contacted_at"] is not None and t["contacted_at"] <= t["closed_at"]),
    "ticket.called_back": _part(*CLOSED, lambda t: t["called_back_at"] is not None),
    "ticket.callback_reached": _part(*CALLED, _reached),
    "ticket.returned": _part(*TICKETS, lambda t: (t["return_count"] or 0) > 0, _dispatched),
    "ticket.redispatched": _part(*TICKETS, lambda t: (t["dispatch_count"] or 0) >= 2, _dispatched),
    "ticket.extended": _part(*TICKETS, lambda t: (t["extension_days"] or 0) > 0),
    "ticket.repeated": _part(*TICKETS, lambda t: bool(t["is_repeat"])),
    "ticket.rehandled": _part(*CLOSED, lambda t: (t["rehandle_count"] or 0) > 0),
    "ticket.unreasonable": _part(*TICKETS, lambda t: bool(t["is_unreasonable"])),
    "kiosk.transactions": _count(*SERVED),
    "kiosk.sessions": lambda plain, first, last: (plain.sessions(first, last), None),
    "kiosk.per_session": lambda plain, first, last: (
        len(plain.dated("kiosk_transaction", "started_at", first, last)),
        plain.sessions(first, last),
    ),
    "kiosk.machines": lambda plain, first, last: (plain.machines(last), None),
    "kiosk.per_machine_day": _both(_count(*SERVED), machine_days),
    "kiosk.idle": lambda plain, first, last: (plain.idle(last), None),
    "kiosk.idle_share": lambda plain, first, last: (plain.idle(last), plain.machines(last)),
    "kiosk.failed": _part(*SERVED, lambda t: t["result"] in ("失败", "中断")),
    "kiosk.elder": _part(*SERVED, lambda t: t["age_group"] == "60岁以上", lambda t: t["age_group"] is not None),
    "cross.count": _count(*CROSS),
    "cross.marriage": _count(*CROSS, lambda c: c["is_marriage"]),
    "cross.other": _count(*CROSS, lambda c: not c["is_marriage"]),
    "cross.cross_province": _count(*CROSS, lambda c: c["scope"] == "跨省通办"),
    "cross.within_province": _count(*CROSS, lambda c: c["scope"] == "省内通办"),
    "cross.citywide": _count(*CROSS, lambda c: c["scope"] == "全市通办"),
    "cross.shenzhen_huizhou": _count(*CROSS, lambda c: c["scope"] == "深惠通办"),
    "cross.on_time": _due_share("cross_region_case"),
    "item.citywide": _listed(*ITEMS, lambda i: i["is_citywide"]),
    "item.cross_province": _listed(*ITEMS, lambda i: i["is_cross_province"]),
    "item.shenzhen_huizhou": _listed(*ITEMS, lambda i: i["is_shenzhen_huizhou"]),
    "item.one_thing": _listed(*ITEMS, lambda i: i["is_one_thing"]),
    "item.stationed": _both(
        _listed(*ITEMS, lambda i: i["should_be_stationed"] and i["is_stationed"]),
        _listed(*ITEMS, lambda i: i["should_be_stationed"]),
    ),
    "one_window.count": _count(*WINDOW),
    "one_window.per_window_day": lambda plain, first, last: (
        len(plain.dated("one_window_case", "accepted_at", first, last)),
        plain.window_days(first, last),
    ),
    "one_window.on_time": _due_share("one_window_case"),
    "one_window.single_sign_on": _part(
        *WINDOW, lambda c: bool(c["is_single_sign_on"]), lambda c: c["is_single_sign_on"] is not None
    ),
    "one_window.wait_minutes": _mean(*WINDOW, lambda c: c["wait_minutes"], lambda c: c["wait_minutes"] is not None),
    "assisted.count": _count(*ASSISTED),
    "assisted.urgent": _count(*ASSISTED, lambda c: c["kind"] == "急难愁盼"),
    "assisted.closed": _part(*ASSISTED, lambda c: c["closed_at"] is not None),
    "assisted.handling_days": _mean(
        "assisted_case",
        "closed_at",
        lambda c: working_days_after(c["accepted_at"].date(), c["closed_at"].date()),
        _always,
    ),
    "assisted.satisfaction": _part("assisted_case", "closed_at", _level("level", 3), lambda c: c["level"] is not None),
}
