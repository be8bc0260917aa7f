"""The catalogue is complete, and refuses to be anything else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kpi.calendar import parse_period
from kpi.catalogue import AREAS, ROOT, load
from kpi.errors import CatalogueError
from kpi.measure import Source, series

FOLDER = Path("data/catalogue")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("store"))
    return tmp_path


def replace(project: Path, file: str, old: str, new: str) -> None:
    path = project / FOLDER / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_metric_says_what_it_means() -> None:
    catalogue = load()
    assert len(catalogue.metrics) >= 40
    for metric in catalogue.metrics.values():
        assert metric.definition.endswith("。"), metric.key
        assert metric.unit
        assert metric.owner
        assert metric.source
        assert metric.area in AREAS
        if metric.kind == "ratio":
            assert metric.minimum_n >= 1, metric.key


def test_every_target_names_its_document() -> None:
    for target in load().targets:
        assert target.document
        assert target.clause
        assert not target.demo
    assert all("演示目标" in target.document for target in load(demo=True).targets if target.demo)


def test_seventeen_towns_fill_different_tiles() -> None:
    towns = load().towns
    assert len(towns) == 17
    assert len({(town.row, town.column) for town in towns}) == 17


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("subjects/rating.toml", 'type = "level"', 'type = "stars"', "类型“stars”不存在"),
        ("subjects/rating.toml", 'header = "窗口号"', 'header = "镇街"', "表头重复：镇街"),
        ("subjects/rating.toml", 'personal = "phone"', 'personal = "pet"', "个人信息类别“pet”不存在"),
        ("subjects/rating.toml", 'type = "id", required = true', 'type = "id"', "未声明为必需列"),
        ("metrics/2_hotline.toml", 'kind = "ratio"', 'kind = "guess"', "类型、方向或控制图不存在"),
        ("metrics/2_hotline.toml", 'denominator = "ticket.rated"\n', "", "没有分母"),
        ("metrics/2_hotline.toml", 'owner = "热线工作专责小组"\n', "", "声明不完整"),
        ("metrics/2_hotline.toml", 'numerator = "ticket.tickets"', 'numerator = "call.tickets"', "未知业务“call”"),
        ("targets.toml", 'metric = "item.one_thing"', 'metric = "item.none"', "未知指标“item.none”"),
        ("targets.toml", 'direction = "at_least"', 'direction = "about"', "目标周期或方向不存在"),
        ("targets.toml", 'metric = "item.one_thing"', 'metric = "item.citywide"', "两个目标同时有效"),
    ],
)
def test_a_contradiction_is_refused_with_its_place(project: Path, file: str, old: str, new: str, sentence: str) -> None:
    replace(project, file, old, new)
    with pytest.raises(CatalogueError, match=sentence):
        load(root=project)


# Sizes of a rollup beside its events: what a county's year brings, and what only a larger place would.
TEN_TIMES_SMALLER = ("rating", "ticket", "kiosk_transaction", "kiosk")


def test_rollups_are_no_larger_than_their_events_and_far_smaller_where_there_are_many(demo_source: Source) -> None:
    for key in demo_source.catalogue.subjects:
        events, cells = demo_source.generation.query(
            f"select (select count(*) from {key}_event) as events, (select count(*) from {key}_rollup) as cells"
        ).row(0)
        assert events >= cells, key
        if key in TEN_TIMES_SMALLER:
            assert events >= 10 * cells, key


def test_xmr_is_refused_on_a_share_of_a_known_number(project: Path) -> None:
    replace(project, "metrics/2_hotline.toml", 'chart = "p_prime"', 'chart = "xmr"')
    with pytest.raises(CatalogueError, match="单值图（xmr）会误报"):
        load(root=project)


def test_no_metric_on_an_xmr_chart_is_saturated(demo_source: Source) -> None:
    weeks = parse_period("2023-W52").trailing(52)
    charted = [m for m in demo_source.catalogue.metrics.values() if m.chart == "xmr" and m.is_rate]
    drawn = series(demo_source, [m.key for m in charted], weeks)
    for metric in charted:
        values = drawn.filter(metric=metric.key)["value"].drop_nulls()
        assert values.mean() < 99 or values.n_unique() == 1, metric.key  # type: ignore[operator]
