"""What drove a change: each member's part in it, exactly, and the few members worth naming. Pure.

Mix and rate of a quotient follow the midpoint (Marshall–Edgeworth) decomposition: a member's part is
what its numerator added, less what the whole's average rate would have given for its change of weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from kpi.measure.wording import MOST_DECIMALS, digits, figure, rounded, with_unit

MOST = 3
ENOUGH = 0.8
LITTLE = 0.5
ROUNDING = 1e-9
NOT_ADDITIVE = "分位数不能由各成员相加得到，不作归因。"


class Amount(NamedTuple):
    """One member's sums in one period; a total has no denominator."""

    numerator: float
    denominator: float | None = None


@dataclass(frozen=True)
class Driver:
    """One member's part in a change. ``contribution``, ``mix``, ``rate`` are in the unit of the difference.

    ``before`` and ``after`` are the member's own figures in the metric's unit, null where it had none.
    ``rate`` is what its own rate moved, ``mix`` what its weight moved; both are null for totals. ``share`` is
    contribution ÷ change of the whole, null when the whole did not change. ``base`` is the share of the
    whole's volume (denominator, or the total itself) the member had before.
    """

    member: str
    before: float | None
    after: float | None
    before_parts: Amount | None
    after_parts: Amount | None
    contribution: float
    mix: float | None
    rate: float | None
    share: float | None
    base: float
    is_new: bool
    is_gone: bool


@dataclass(frozen=True)
class Leading:
    """The few members that explain most of a change: their share of it, and their share of the volume before.

    ``share`` is null when nothing changed; above 1, other members moved the other way. ``is_all``: no other moved.
    """

    members: tuple[Driver, ...]
    share: float | None
    base: float
    is_all: bool = True


@dataclass(frozen=True)
class Movement:
    """The change of one whole, as it is to be told. ``column`` is the scorecard's column ``before`` comes from."""

    metric: str
    period: str
    name: str
    unit: str
    decimals: int
    is_total: bool
    before: float | None
    after: float | None
    vs_label: str = "上周"
    column: str = "previous"


class _Side(NamedTuple):
    """One member in one period, exactly: numerator, denominator (the numerator itself for totals), weight."""

    numerator: Fraction
    denominator: Fraction
    weight: Fraction


NOWHERE = _Side(Fraction(0), Fraction(0), Fraction(0))


def contributions(
    before: Mapping[str, Amount], after: Mapping[str, Amount], scale: float = 1.0
) -> dict[str, tuple[Fraction, Fraction | None]]:
    """Return member → (contribution, its rate part) as exact fractions; contributions sum to the whole's change.

    One entry per member of either side, in name order, in the unit of the difference; the rate part is
    null for totals. Empty when a quotient has no volume at all on one side: then nothing is comparable.
    Raises ValueError when some amounts have a denominator and others have none.
    """
    amounts = [*before.values(), *after.values()]
    is_total = all(amount.denominator is None for amount in amounts)
    if not is_total and any(amount.denominator is None for amount in amounts):
        raise ValueError("Totals and quotients cannot be parts of one whole.")
    old, new, factor = _sides(before), _sides(after), Fraction(scale)
    pairs = [(m, old.get(m, NOWHERE), new.get(m, NOWHERE)) for m in sorted(before.keys() | after.keys())]
    if is_total:
        return {member: (factor * (b.numerator - a.numerator), None) for member, a, b in pairs}
    (top, below), (upper, above) = _whole(old), _whole(new)
    if below <= 0 or above <= 0:
        return {}
    average = (top / below + upper / above) / 2
    return {
        member: (
            factor * (b.numerator / above - a.numerator / below - average * (b.weight - a.weight)),
            factor * _rate_part(a, b),
        )
        for member, a, b in pairs
    }


def _whole(sides: Mapping[str, _Side]) -> tuple[Fraction, Fraction]:
    numerator = sum((side.numerator for side in sides.values()), Fraction(0))
    return numerator, sum((side.denominator for side in sides.values()), Fraction(0))


def _sides(amounts: Mapping[str, Amount]) -> dict[str, _Side]:
    exact = {
        member: (Fraction(a.numerator), Fraction(a.numerator if a.denominator is None else a.denominator))
        for member, a in amounts.items()
    }
    whole = sum((denominator for _, denominator in exact.values()), Fraction(0))
    return {member: _Side(n, d, d / whole if whole else Fraction(0)) for member, (n, d) in exact.items()}


def _rate_part(a: _Side, b: _Side) -> Fraction:
    if a.denominator <= 0 or b.denominator <= 0:
        return Fraction(0)
    return (a.weight + b.weight) / 2 * (b.numerator / b.denominator - a.numerator / a.denominator)


def decompose(before: Mapping[str, Amount], after: Mapping[str, Amount], scale: float = 1.0) -> list[Driver]:
    """Return one driver per member of either side, the largest contribution first, then by name.

    Amounts are each member's own sums; ``scale`` turns a quotient into the metric's unit (100 for per cent).
    Empty when nothing is comparable. Raises ValueError for a mixture of totals and quotients.
    """
    exact = contributions(before, after, scale)
    change = sum((moved for moved, _ in exact.values()), Fraction(0))
    old = _sides(before)
    weights = old if _whole(old)[1] else _sides(after)
    drivers = []
    for member in sorted(exact, key=lambda member: (-abs(exact[member][0]), member)):
        moved, rate = exact[member]
        was, now = before.get(member), after.get(member)
        drivers.append(
            Driver(
                member=member,
                before=_value(was, scale),
                after=_value(now, scale),
                before_parts=was,
                after_parts=now,
                contribution=float(moved),
                mix=None if rate is None else float(moved - rate),
                rate=None if rate is None else float(rate),
                share=float(moved / change) if change else None,
                base=float(weights.get(member, NOWHERE).weight),
                is_new=not _exists(was) and _exists(now),
                is_gone=_exists(was) and not _exists(now),
            )
        )
    return drivers


def _exists(amount: Amount | None) -> bool:
    """Say whether a member was there: a total of nought counts as there, a quotient of nothing does not."""
    return amount is not None and (amount.denominator is None or bool(amount.denominator or amount.numerator))


def _value(amount: Amount | None, scale: float) -> float | None:
    if amount is None or amount.denominator == 0:
        return None
    return scale * (amount.numerator if amount.denominator is None else amount.numerator / amount.denominator)


def leading(drivers: Sequence[Driver], change: float) -> Leading:
    """Return the fewest members, three at most, that moved with ``change`` and explain 80 % of it if any can."""
    chosen: list[Driver] = []
    share = 0.0
    for driver in sorted(drivers, key=lambda driver: (-abs(driver.contribution), driver.member)):
        if driver.contribution * change <= 0:
            continue
        chosen.append(driver)
        share += driver.contribution / change
        if share >= ENOUGH - ROUNDING or len(chosen) == MOST:
            break
    is_all = all(driver in chosen or not driver.contribution for driver in drivers)
    return Leading(tuple(chosen), share if change else None, sum(driver.base for driver in chosen), is_all)


def best_dimension(candidates: Mapping[str, Sequence[Driver]], change: float) -> str | None:
    """Return the dimension whose leading members explain most beyond their share of the volume, by name on a tie.

    A member with 85 % of the volume that explains 85 % of the change is no news, and None is returned when
    no dimension has any. More than the whole change counts as the whole, or else members that merely
    cancel each other would win.
    """
    scores = {}
    for name, drivers in candidates.items():
        found = leading(drivers, change)
        if found.share is not None:
            scores[name] = round(min(found.share, 1.0) - found.base, 9)
    best = min(scores, key=lambda name: (-scores[name], name), default=None)
    return None if best is None or scores[best] <= 0 else best


def driver_sentence(moved: Movement, dimension_label: str, found: Leading | None = None) -> tuple[str, tuple[str, ...]]:
    """Return one Chinese sentence on what drove a change, and the key of every number in it.

    Keys are metric@period#column for the whole and metric@period:member#contribution for a member. Without
    ``found`` (no dimension tells more than its members' size) it says that all moved together.
    """
    root = f"{moved.metric}@{moved.period}"
    if moved.before is None or moved.after is None:
        return f"{moved.name}没有可比的{moved.vs_label}数，不作归因。", ()
    keys = (f"{root}#value", f"{root}#{moved.column}")
    change = moved.after - moved.before
    values = [with_unit(value, moved.unit, moved.decimals) for value in (moved.before, moved.after)]
    if rounded(change, _decimals(moved)) == 0:
        return f"{moved.name}与{moved.vs_label}持平（{values[1]}）。", keys
    head = f"{moved.name}较{moved.vs_label}{_verb(moved, change)}（{values[0]} → {values[1]}）"
    if moved.before == 0 and moved.is_total:
        head = f"{moved.name}由{moved.vs_label}的 0 增至 {values[1]}"
    if found is None:
        return f"{head}，各成员大体同步，没有突出的成员。", keys
    members = tuple(f"{root}:{driver.member}#contribution" for driver in found.members)
    return f"{head}{_because(moved, found, dimension_label)}。", keys + members


def _verb(moved: Movement, change: float) -> str:
    words = ("增加", "减少") if moved.is_total else ("上升", "下降")
    return f"{words[change < 0]} {_amount(abs(change), moved)} {_unit(moved)}".rstrip()


def _unit(moved: Movement) -> str:
    return "个百分点" if moved.unit == "%" else moved.unit


def _decimals(moved: Movement) -> int:
    return max(moved.decimals, 1 if moved.unit == "%" else 0)


def _amount(value: float, moved: Movement) -> str:
    """Return a difference at the metric's decimals, or at as many more as keep it from reading 0."""
    decimals = _decimals(moved)
    while value and decimals < MOST_DECIMALS and rounded(value, decimals) == 0:
        decimals += 1
    return digits(value, decimals)


def _because(moved: Movement, found: Leading, dimension_label: str) -> str:
    """Return the clause that names the leading members."""
    end = f"（按{dimension_label}{_fate(found.members)}）"
    if not found.members or found.share is None:
        return f"，没有突出的成员{end}"
    said = [f"{d.member} {'+' if d.contribution > 0 else ''}{_amount(d.contribution, moved)}" for d in found.members]
    named = f"{'、'.join(said)} {_unit(moved)}".rstrip()
    total = "合计" if len(found.members) > 1 else ""
    share = figure(min(found.share, 1.0) * 100, "%", 0)
    if rounded(found.share * 100, 0) > 100:
        return f"，其中{named}，{total}超过全部变化，另有成员相抵{end}"
    if found.share < LITTLE:
        return f"，变化分散，居前的{named}，{total}只占 {share}%{end}"
    if abs(found.share - 1) < ROUNDING:
        return f"，全部来自{named}{end}" if found.is_all else f"，其中{named}，其余成员有增有减、相互抵消{end}"
    return f"，其中{named}，{total}占 {share}%{end}"


def _fate(members: Sequence[Driver]) -> str:
    if members and all(driver.is_new for driver in members):
        return "，本期新出现"
    return "，本期不再出现" if members and all(driver.is_gone for driver in members) else ""
