"""Contributions add up exactly, whatever the members; then how the few worth naming are chosen and told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kpi.measure.drivers import (
    NOT_ADDITIVE,
    Amount,
    Driver,
    Leading,
    Movement,
    best_dimension,
    contributions,
    decompose,
    driver_sentence,
    leading,
)

Side = dict[str, Amount]

counts = st.integers(0, 10**6).map(float)
sums = st.one_of(counts, st.decimals(0, 10**6, places=2).map(float))
names = st.sampled_from("甲乙丙丁戊己庚")
totals = st.dictionaries(names, sums.map(Amount))
quotients = st.dictionaries(names, st.builds(Amount, sums, sums))
wholes = st.one_of(st.tuples(totals, totals), st.tuples(quotients, quotients))


def whole(side: Side, scale: float = 1.0) -> Fraction:
    """Return the exact figure of the whole."""
    top = sum((Fraction(a.numerator) for a in side.values()), Fraction(0))
    if all(a.denominator is None for a in side.values()):
        return Fraction(scale) * top
    return Fraction(scale) * top / sum(Fraction(a.denominator or 0) for a in side.values())


def is_comparable(before: Side, after: Side) -> bool:
    kinds = [a.denominator is None for a in [*before.values(), *after.values()]]
    return all(kinds) or all(sum(a.denominator or 0 for a in side.values()) > 0 for side in (before, after))


@given(wholes, st.sampled_from([1.0, 100.0, 1e6, 0.1]))
def test_contributions_sum_exactly_to_the_change(sides: tuple[Side, Side], scale: float) -> None:
    before, after = sides
    parts = contributions(before, after, scale)
    drivers = decompose(before, after, scale)
    if not is_comparable(before, after):
        assert parts == {} and drivers == []
        return
    assert parts.keys() == before.keys() | after.keys() == {d.member for d in drivers}
    change = whole(after, scale) - whole(before, scale)
    assert sum(moved for moved, _ in parts.values()) == change
    for d in drivers:
        moved, rate = parts[d.member]
        assert d.contribution == float(moved)
        assert d.share == (float(moved / change) if change else None)
        assert d.rate == (None if rate is None else float(rate))
        assert d.mix == (None if rate is None else float(moved - rate))


@given(wholes)
def test_the_largest_comes_first_then_by_name(sides: tuple[Side, Side]) -> None:
    parts = contributions(*sides)
    order = [(-abs(parts[d.member][0]), d.member) for d in decompose(*sides)]
    assert order == sorted(order)


@given(wholes)
def test_swapping_before_and_after_flips_every_sign(sides: tuple[Side, Side]) -> None:
    before, after = sides
    there, back = contributions(before, after), contributions(after, before)
    assert {m: (-c, None if r is None else -r) for m, (c, r) in there.items()} == back


@given(wholes)
def test_merging_two_members_changes_no_other(sides: tuple[Side, Side]) -> None:
    def merge(side: Side) -> Side:
        pair = [side[m] for m in ("甲", "乙") if m in side]
        kept = {m: a for m, a in side.items() if m not in ("甲", "乙")}
        if not pair:
            return kept
        top = sum(a.numerator for a in pair)
        bottom = None if pair[0].denominator is None else sum(a.denominator or 0 for a in pair)
        # Only where the floats add up exactly can the law hold exactly.
        assume(Fraction(top) == sum(Fraction(a.numerator) for a in pair))
        assume(bottom is None or Fraction(bottom) == sum(Fraction(a.denominator or 0) for a in pair))
        return {**kept, "甲乙": Amount(top, bottom)}

    before, after = sides
    apart, merged = contributions(before, after), contributions(merge(before), merge(after))
    assert {m: c for m, c in merged.items() if m != "甲乙"} == {m: c for m, c in apart.items() if m not in ("甲", "乙")}
    if "甲乙" in merged:
        assert merged["甲乙"][0] == sum(apart[m][0] for m in ("甲", "乙") if m in apart)


@given(quotients, st.integers(1, 9))
def test_an_unchanged_member_of_an_unchanged_whole_contributes_nothing(side: Side, moved: int) -> None:
    fixed = {**side, "静": Amount(5.0, 10.0), "升": Amount(50.0, 100.0), "降": Amount(50.0, 100.0)}
    after = {**fixed, "升": Amount(50.0 + moved, 100.0), "降": Amount(50.0 - moved, 100.0)}
    parts = contributions(fixed, after)
    assert parts["静"] == (0, 0)
    assert parts["升"][0] == -parts["降"][0] > 0


def test_a_member_whose_rate_alone_moves_has_no_mix() -> None:
    before = {"甲": Amount(90, 100), "乙": Amount(90, 100)}
    drivers = decompose(before, {**before, "甲": Amount(80, 100)}, 100)
    assert drivers == [
        Driver("甲", 90, 80, Amount(90, 100), Amount(80, 100), -5.0, 0.0, -5.0, 1.0, 0.5, False, False),
        Driver("乙", 90, 90, Amount(90, 100), Amount(90, 100), 0.0, 0.0, 0.0, 0.0, 0.5, False, False),
    ]


def test_a_worse_member_that_grows_drags_the_whole_down_by_mix_alone() -> None:
    before = {"好": Amount(90, 100), "差": Amount(50, 100)}
    found = {d.member: d for d in decompose(before, {"好": Amount(90, 100), "差": Amount(100, 200)}, 100)}
    # The whole fell from 70 % to 63.33 %, and no member's own rate moved: 差 only weighs a sixth more.
    assert {d.rate for d in found.values()} == {0}
    assert found["差"].contribution == pytest.approx(-100 / 36)
    assert found["好"].contribution == pytest.approx(-140 / 36)


def test_new_and_vanished_members_and_numerators_without_volume_are_kept() -> None:
    before = {"老": Amount(8, 10), "走": Amount(5, 10)}
    after = {"老": Amount(8, 10), "来": Amount(9, 10), "空": Amount(1, 0)}
    found = {d.member: d for d in decompose(before, after, 100)}
    assert (found["来"].is_new, found["来"].before, found["来"].before_parts) == (True, None, None)
    assert (found["走"].is_gone, found["走"].after, found["走"].rate) == (True, None, 0)
    assert found["空"].after is None and found["空"].contribution == 5.0 and found["空"].is_new
    assert (found["老"].is_new, found["老"].is_gone) == (False, False)
    assert found["来"].base == 0 and found["走"].base == 0.5


def test_totals_are_differences() -> None:
    drivers = decompose({"甲": Amount(0), "乙": Amount(10)}, {"甲": Amount(5), "丙": Amount(5)}, 2)
    assert [(d.member, d.contribution, d.before, d.after) for d in drivers] == [
        ("乙", -20, 20, None),
        ("丙", 10, None, 10),
        ("甲", 10, 0, 10),
    ]
    assert [d.is_new for d in drivers] == [False, True, False]
    assert {(d.mix, d.rate, d.share) for d in drivers} == {(None, None, None)}


def test_a_base_of_nothing_gives_way_to_the_volume_after() -> None:
    assert [d.base for d in decompose({}, {"甲": Amount(3), "乙": Amount(1)})] == [0.75, 0.25]
    assert [d.base for d in decompose({"甲": Amount(0)}, {"甲": Amount(3), "乙": Amount(1)})] == [0.75, 0.25]


def test_totals_and_quotients_do_not_mix() -> None:
    with pytest.raises(ValueError, match="Totals and quotients"):
        decompose({"甲": Amount(1)}, {"甲": Amount(1, 2)})


def from_parts(parts: dict[str, float], base: dict[str, float] | None = None) -> list[Driver]:
    """Return drivers of a total with the given contributions; ``base`` is what each member had before."""
    base = base or dict.fromkeys(parts, 100.0)
    return decompose(
        {m: Amount(base[m]) for m in parts if base[m]}, {m: Amount(base[m] + moved) for m, moved in parts.items()}
    )


@pytest.mark.parametrize(
    ("parts", "named", "share"),
    [
        ({"甲": -8.0, "乙": -1.0, "丙": -1.0}, "甲", 0.8),
        ({"甲": -7.0, "乙": -2.0, "丙": -1.0}, "甲乙", 0.9),
        ({"甲": -3.0, "乙": -3.0, "丙": -2.0, "丁": -2.0}, "甲乙丁", 0.8),
        ({"甲": -1.0, "乙": -1.0, "丙": -1.0, "丁": -1.0, "戊": -1.0, "己": -5.0}, "己丁丙", 0.7),
        ({"甲": -9.0, "乙": 6.0, "丙": -1.0}, "甲", 2.25),
        ({"甲": 5.0, "乙": -9.0}, "乙", 2.25),
        ({"甲": 4.0, "乙": 3.0, "丙": 3.0, "丁": -2.0}, "甲丙", 7 / 8),
    ],
)
def test_the_fewest_members_that_move_with_the_change_lead(parts: dict[str, float], named: str, share: float) -> None:
    found = leading(from_parts(parts)[::-1], sum(parts.values()))
    assert sorted(d.member for d in found.members) == sorted(named) and found.share == pytest.approx(share)


def test_nothing_leads_when_nothing_changed() -> None:
    found = leading(from_parts({"甲": 5.0, "乙": -5.0}), 0.0)
    assert (found.members, found.share, found.base) == ((), None, 0)


def test_the_best_dimension_is_the_one_that_surprises() -> None:
    large = from_parts({"大": -85.0, "小": -15.0}, {"大": 850.0, "小": 150.0})
    every = from_parts({"甲": -60.0, "乙": -40.0}, {"甲": 100.0, "乙": 1900.0})
    cancelling = from_parts({"东": -500.0, "西": 400.0}, {"东": 900.0, "西": 1000.0})
    small = from_parts({"新": -100.0, "旧": 0.0}, {"新": 100.0, "旧": 900.0})
    assert leading(large, -100).share == pytest.approx(leading(large, -100).base)
    assert best_dimension({"渠道": large}, -100) is None
    assert leading(every, -100).base == 1 and best_dimension({"镇街": every}, -100) is None
    assert leading(cancelling, -100).share == pytest.approx(5)
    assert best_dimension({"渠道": large, "方位": cancelling, "类型": small}, -100) == "类型"
    assert best_dimension({"乙": small, "丁": small}, -100) == "丁"
    assert best_dimension({"渠道": small}, 0) is None and best_dimension({}, -100) is None


RATE = Movement("ticket.on_time", "2023-W48", "12345 按时办结率", "%", 1, False, 95.4, 94.2)
COUNT = Movement("kiosk.count", "2023-W48", "粤智助业务量", "宗", 0, True, 1000.0, 880.0)


def lead(share: float | None, parts: dict[str, float], is_new: bool = False, is_gone: bool = False) -> Leading:
    """Return leading members as ``leading`` would, with the contributions given."""
    drivers = [
        Driver(member, None, None, None, None, moved, None, None, None, 0.1, is_new, is_gone)
        for member, moved in parts.items()
    ]
    return Leading(tuple(drivers), share, 0.1 * len(parts))


FELL = "12345 按时办结率较上周下降 1.2 个百分点（95.4% → 94.2%），"


@pytest.mark.parametrize(
    ("moved", "found", "text"),
    [
        (
            RATE,
            lead(1.1 / 1.2, {"多祝镇": -0.8, "平山街道": -0.3}),
            f"{FELL}其中多祝镇 −0.8、平山街道 −0.3 个百分点，合计占 92%（按镇街）。",
        ),
        (
            replace(RATE, after=96.6),
            lead(0.9, {"多祝镇": 1.08}),
            "12345 按时办结率较上周上升 1.2 个百分点（95.4% → 96.6%），其中多祝镇 +1.1 个百分点，占 90%（按镇街）。",
        ),
        (RATE, lead(0.998, {"多祝镇": -1.1976}), f"{FELL}其中多祝镇 −1.2 个百分点，占 99.8%（按镇街）。"),
        (
            RATE,
            lead(1.5, {"多祝镇": -1.8}),
            f"{FELL}其中多祝镇 −1.8 个百分点，超过全部变化，另有成员相抵（按镇街）。",
        ),
        (
            RATE,
            lead(0.4, {"甲": -0.24, "乙": -0.2, "丙": -0.04}),
            f"{FELL}变化分散，居前的甲 −0.2、乙 −0.2、丙 −0.04 个百分点，合计只占 40%（按镇街）。",
        ),
        (replace(RATE, after=95.42), lead(None, {}), "12345 按时办结率与上周持平（95.4%）。"),
        (replace(RATE, before=None), lead(None, {}), "12345 按时办结率没有可比的上周数，不作归因。"),
        (replace(RATE, after=None, vs_label="去年同期"), None, "12345 按时办结率没有可比的去年同期数，不作归因。"),
        (RATE, None, f"{FELL}各成员大体同步，没有突出的成员。"),
        (RATE, lead(0.0, {}), f"{FELL}没有突出的成员（按镇街）。"),
        (
            COUNT,
            lead(1.0, {"大岭街道": -120.0}, is_gone=True),
            "粤智助业务量较上周减少 120 宗（1,000 宗 → 880 宗），全部来自大岭街道 −120 宗（按镇街，本期不再出现）。",
        ),
        (
            replace(COUNT, before=0.0, after=5.0),
            lead(1.0, {"甲": 3.0, "乙": 2.0}, is_new=True),
            "粤智助业务量由上周的 0 增至 5 宗，全部来自甲 +3、乙 +2 宗（按镇街，本期新出现）。",
        ),
        (
            replace(COUNT, unit="", after=1001.0),
            lead(1.0, {"甲": 1.0}),
            "粤智助业务量较上周增加 1（1,000 → 1,001），全部来自甲 +1（按镇街）。",
        ),
    ],
)
def test_driver_sentences(moved: Movement, found: Leading | None, text: str) -> None:
    said, keys = driver_sentence(moved, "镇街", found)
    assert said == text
    if moved.before is None or moved.after is None:
        assert keys == ()
        return
    told = [] if found is None or "持平" in text else [f"{d.member}#contribution" for d in found.members]
    root = f"{moved.metric}@2023-W48"
    assert keys == (f"{root}#value", f"{root}#previous", *(f"{root}:{key}" for key in told))


def test_percentiles_are_refused_in_one_sentence() -> None:
    assert NOT_ADDITIVE.endswith("。") and "分位数" in NOT_ADDITIVE


def test_one_member_of_many_that_equals_the_change_is_not_called_all_of_it() -> None:
    before = {"甲": Amount(3.0), "乙": Amount(2.0), "丙": Amount(8.0)}
    after = {"甲": Amount(0.0), "乙": Amount(4.0), "丙": Amount(6.0)}
    found = leading(decompose(before, after), -3.0)
    assert [driver.member for driver in found.members] == ["甲"]
    assert (found.share, found.is_all) == (1.0, False)
    moved = Movement("m", "2023-W48", "办件量", "宗", 0, True, 13.0, 10.0)
    assert "全部来自" not in driver_sentence(moved, "部门", found)[0]
    assert "相互抵消" in driver_sentence(moved, "部门", found)[0]
    only = leading(decompose({"甲": Amount(3.0), "乙": Amount(2.0)}, {"甲": Amount(0.0), "乙": Amount(2.0)}), -3.0)
    assert "全部来自甲" in driver_sentence(replace(moved, before=5.0, after=2.0), "部门", only)[0]
