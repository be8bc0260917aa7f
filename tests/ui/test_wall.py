"""The wall says what the scorecard says, names what is missing, and never stays dark."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kpi.catalogue import Catalogue, load
from kpi.errors import CatalogueError
from kpi.measure import Source
from kpi.ui import wall
from kpi.ui.palette import STATUS
from kpi.ui.wall import tiles
from kpi.ui.wall.frames import Frames, last_complete
from kpi.ui.wall.plan import PLAN, TilePlan, load_plan

TILE = TilePlan("metric", "标题", "ticket.satisfaction")


@pytest.fixture(scope="module")
def shown(demo_source: Source) -> dict[str, Any]:
    return wall.build(demo_source.generation)


@pytest.fixture(scope="module")
def frames(demo_source: Source) -> Frames:
    week = last_complete("week", demo_source.generation.as_of)
    known = demo_source.catalogue
    return Frames.read(demo_source.generation, known, load_plan(known), week)


def row(frames: Frames, metric: str, **changes: Any) -> dict[str, Any]:
    """The week's scorecard row of one metric with some of its fields replaced."""
    return {**frames.cards["week"].row(by_predicate=pl.col("metric") == metric, named=True), **changes}


def tile_of(frames: Frames, metric: str, **changes: Any) -> dict[str, Any]:
    trend = frames.trends.filter(pl.col("metric") == metric)
    return tiles.metric_tile(TILE, row(frames, metric, **changes), trend)


def test_the_first_scene_is_the_overview_with_its_six_tiles(shown: dict[str, Any]) -> None:
    scene = shown["scenes"][0]
    assert (scene["key"], scene["title"]) == ("overview", "总览")
    assert [tile["kind"] for tile in scene["tiles"]].count("metric") == 4
    assert {tile["kind"] for tile in scene["tiles"]} == {"metric", "exceptions", "towns"}


def test_it_is_plain_json_and_small(shown: dict[str, Any]) -> None:
    assert len(json.dumps(shown, ensure_ascii=False)) < 120_000


def test_demonstration_data_are_marked_on_the_screen(shown: dict[str, Any]) -> None:
    assert shown["demo"] is True
    aims = [tile["aim"] for scene in shown["scenes"] for tile in scene["tiles"] if tile["kind"] == "metric"]
    assert any(aim.startswith("演示目标") for aim in aims)


def test_every_headline_tile_has_all_that_makes_a_figure_readable(shown: dict[str, Any]) -> None:
    for tile in (tile for scene in shown["scenes"] for tile in scene["tiles"] if tile["kind"] == "metric"):
        assert tile["title"]
        assert tile["value"]
        assert tile["status"]["word"] in STATUS
        assert tile["aim"]
        assert tile["age"].startswith("截至")


def test_a_rate_shows_its_n_and_a_yearly_amount_its_progress(frames: Frames) -> None:
    assert tile_of(frames, "ticket.satisfaction", n=4231.0)["made"] == "n = 4,231"
    changes = {"value": 27.0, "to_date": 1000.0, "expected_to_date": 1500.0, "target": 2000.0, "target_sign": "≥"}
    tile = tile_of(frames, "cross.count", **changes)
    assert tile["made"] == "进度 50%"
    assert tile["aim"].endswith("年目标 2,000")
    assert tile["bar"]["filled"] == pytest.approx(49, abs=1)
    assert tile["bar"]["due"] == pytest.approx(73.5, abs=1)


def test_every_headline_tile_says_which_period_it_is_about(shown: dict[str, Any]) -> None:
    periods = {tile["title"]: tile["period"] for tile in shown["scenes"][0]["tiles"] if tile["kind"] == "metric"}
    assert periods["12345 群众满意率"] == "第 52 周"
    assert periods["好差评 差评整改率"] == "2023 年"


def test_a_large_amount_is_shown_by_magnitude(frames: Frames) -> None:
    tile = tile_of(frames, "kiosk.transactions", value=147_014.0)
    assert (tile["value"], tile["unit"]) == ("14.7", "万宗")


def test_a_missing_figure_is_a_dash_with_its_reason_and_no_bar(frames: Frames) -> None:
    nothing = {"value": None, "target": None, "to_date": None, "status": "缺实绩", "status_reason": "本期没有数据。"}
    tile = tile_of(frames, "ticket.satisfaction", **nothing)
    assert (tile["value"], tile["unit"], tile["bar"]) == ("—", "", None)
    assert tile["aim"] == "本期没有数据。"
    assert tile["status"] == {"word": "缺实绩", "shape": "–", "tone": "grey"}


def test_without_a_target_it_says_so(frames: Frames) -> None:
    nothing = {"target": None, "expected_to_date": None, "to_date": None, "status": "未设目标"}
    assert tile_of(frames, "ticket.satisfaction", **nothing)["aim"] == "未设目标"


def test_a_trend_of_one_week_is_no_line(frames: Frames) -> None:
    trend = frames.trends.filter(pl.col("metric") == "ticket.satisfaction").tail(1)
    assert tiles.metric_tile(TILE, row(frames, "ticket.satisfaction"), trend)["spark"] == ""


def of_status(frames: Frames, statuses: dict[str, str]) -> pl.DataFrame:
    quiet = frames.cards["week"].with_columns(status=pl.lit("达标"), signal_kind=pl.lit("none"), signal=pl.lit(""))
    status = pl.col("metric").replace_strict(statuses, default=pl.col("status"), return_dtype=pl.String)
    return quiet.with_columns(status=status)


def test_exceptions_are_counted_by_metric_and_the_missed_come_first(frames: Frames) -> None:
    week = of_status(frames, {"ticket.count": "关注", "ticket.on_time": "未达标", "cross.count": "落后"})
    tile = tiles.exceptions_tile(TilePlan("exceptions", "本周需关注"), week, ["cross.count"], [])
    assert tile["count"] == f"3 / {week.height} 项指标"
    assert [item["mark"]["word"] for item in tile["items"]] == ["未达标", "落后", "关注"]
    assert tile["items"][0]["title"].startswith("按时办结率 ")


def test_a_quiet_week_is_said_in_words(frames: Frames) -> None:
    tile = tiles.exceptions_tile(TilePlan("exceptions", "本周需关注"), of_status(frames, {}), [], [])
    assert (tile["items"], tile["quiet"]) == ([], "本周没有需要关注的指标")


def test_towns_that_missed_fill_what_the_metrics_leave_free(frames: Frames) -> None:
    rows = frames.towns["ticket.on_time", "month"].with_columns(
        status=pl.when(pl.col("member").is_in(["多祝镇", "巽寮滨海旅游度假区"]))
        .then(pl.lit("未达标"))
        .otherwise(pl.lit("达标")),
        value=pl.when(pl.col("member") == "多祝镇").then(88.1).otherwise(90.0),
    )
    found = tiles.town_exceptions(rows, load().towns, "按时办结率")
    assert all(item["detail"].startswith("演示目标 ≥ 95%，n = ") for item in found)
    assert [item["title"] for item in found] == ["多祝 按时办结率 88.10%", "巽寮 按时办结率 90.00%"]


def test_the_town_grid_has_all_towns_and_counts_them(frames: Frames) -> None:
    towns = load().towns
    tile = tiles.towns_tile(
        TilePlan("towns", "各镇街"), frames.towns["ticket.on_time", "month"].head(16), towns, "12月"
    )
    assert len(tile["cells"]) == 17
    assert tile["cells"][16]["word"] == "缺实绩"
    assert sum(int(count["text"].rsplit(" ", 1)[1]) for count in tile["counts"]) == 17


@pytest.mark.parametrize(("kind", "expected"), [("week", date(2023, 12, 31)), ("month", date(2023, 11, 30))])
def test_only_complete_periods_are_judged(kind: str, expected: date) -> None:
    as_of = date(2024, 1, 3) if kind == "week" else date(2023, 12, 30)
    assert last_complete(kind, as_of).last == expected


def test_the_wall_of_an_empty_store_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KPI_STORE", str(tmp_path))
    assert "导入" in wall.latest()["problem"]


def declared(tmp_path: Path, old: str, new: str) -> Path:
    text = PLAN.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "wall.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('metric = "rating.rectified"', 'metric = "no.such"', "未知指标“no.such”"),
        ('kind = "exceptions"', 'kind = "pie"', "类型“pie”"),
        ('period = "year"', 'period = "decade"', "时段“decade”"),
        ('key = "hotline"', 'key = "overview"', "同名"),
        ('    { kind = "exceptions", title = "本周需关注" },\n', "", "应为 6 块"),
    ],
)
def test_a_wrong_composition_is_refused_in_words(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    known: Catalogue = load()
    with pytest.raises(CatalogueError, match=sentence):
        load_plan(known, declared(tmp_path, old, new))
