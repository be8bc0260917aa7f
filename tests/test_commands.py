"""The command line as a clerk uses it: real files, a real store, its own process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kpi import demo
from kpi.commands import cli
from kpi.store import current

ROOT = Path(__file__).parents[1]
WANTED = ("好差评评价", "12345工单", "粤智助业务")


def kpi(store: Path, *arguments: str | Path) -> tuple[int, Any]:
    """Run a command with --json; return its exit code and what it printed."""
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"], env={"KPI_STORE": str(store)})
    assert done.stdout, done.exception
    return done.exit_code, json.loads(done.stdout)


def values(store: Path, period: str) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in kpi(store, "scorecard", "--period", period)[1]["rows"]}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    demo.write_exports(folder)
    return folder


@pytest.fixture
def store(demo_store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_store, tmp_path / "store"))


def month_files(exports: Path, month: str) -> list[Path]:
    return [
        path for path in sorted(exports.rglob("*")) if month in path.name and any(name in path.name for name in WANTED)
    ]


def test_one_month_again_changes_nothing(store: Path, exports: Path) -> None:
    files = month_files(exports, "2023-09")
    assert len(files) == 3
    before = values(store, "2023")
    code, printed = kpi(store, "import", *files, "--yes")
    assert code == 1
    assert [item["outcome"] for item in printed["files"]] == ["refused"] * 3
    assert all("已于" in item["reason"] and "未作任何改动" in item["reason"] for item in printed["files"])
    assert values(store, "2023") == before


def test_other_encoding_and_column_order_give_no_new_rows(store: Path, exports: Path, tmp_path: Path) -> None:
    before = values(store, "2023")
    for path in month_files(exports, "2023-09"):
        title, facts, header, *lines = path.read_text(encoding="utf-8-sig").splitlines()
        order = list(reversed(range(len(header.split(",")))))
        turned = [title, facts]
        for line in (header, *lines):
            cells = line.split(",")
            turned.append(",".join(cells[i] for i in order) if len(cells) == len(order) else line)
        other = tmp_path / f"other-{path.name}"
        other.write_bytes("\r\n".join(turned).encode("gb18030"))
        code, printed = kpi(store, "import", other, "--yes")
        result = printed["files"][0]
        assert code == 0, result
        assert (result["new"], result["changed"], result["refused"], result["encoding"]) == (0, 0, 0, "gb18030")
        assert result["same"] > 100
    assert values(store, "2023") == before


def test_an_import_can_be_taken_back(store: Path, exports: Path, tmp_path: Path) -> None:
    before = values(store, "2023-09")
    path = next(p for p in month_files(exports, "2023-09") if WANTED[0] in p.name)
    text = path.read_text(encoding="utf-8-sig").replace("非常满意", "非常不满意", 3)
    worse = tmp_path / path.name
    worse.write_text(text, encoding="utf-8")
    code, printed = kpi(store, "import", worse, "--yes")
    assert (code, printed["files"][0]["changed"]) == (0, 3)
    assert values(store, "2023-09")["rating.negative"] == before["rating.negative"] + 3
    code, _ = kpi(store, "undo", str(printed["files"][0]["batch"]))
    assert code == 0
    assert values(store, "2023-09") == before


def test_without_yes_nothing_goes_in(store: Path, exports: Path, tmp_path: Path) -> None:
    path = next(p for p in month_files(exports, "2023-09") if WANTED[0] in p.name)
    other = tmp_path / path.name
    other.write_text(path.read_text(encoding="utf-8-sig").replace("非常满意", "满意", 1), encoding="utf-8")
    code, printed = kpi(store, "import", other)
    result = printed["files"][0]
    assert (code, result["outcome"], result["new"], result["changed"]) == (0, "preview", 0, 1)
    assert result["changes"][0]["old"] == "非常满意" and result["changes"][0]["new"] == "满意"
    assert kpi(store, "batches")[1]["batches"][0]["file_name"] != other.name


def real_tickets(folder: Path, count: int = 60) -> Path:
    lines = ["工单编号,来电时间,诉求类型,办理类型,事发镇街,承办单位,办结时间"]
    lines += [
        f"HD2025{n:06d},2025-03-{n % 28 + 1:02d} 09:30:00,投诉,转办,多祝,公安局,2025-04-{n % 28 + 1:02d} 10:00:00"
        for n in range(count)
    ]
    path = folder / "工单导出.csv"
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def test_real_data_replace_the_demonstration_and_never_mix(store: Path, exports: Path, tmp_path: Path) -> None:
    real = real_tickets(tmp_path)
    assert kpi(store, "import", real)[1]["files"][0]["switches_to_real"] is True
    code, printed = kpi(store, "import", real, "--yes")
    assert (code, printed["files"][0]["new"]) == (0, 60)
    shown = kpi(store, "scorecard", "--period", "2025-03")[1]
    assert shown["dataset_name"] == "正式数据"
    by_metric = {row["metric"]: row for row in shown["rows"]}
    assert by_metric["ticket.count"]["value"] == 60
    assert by_metric["rating.count"]["status"] == "缺实绩"
    assert all(not row["target_is_demo"] for row in shown["rows"])
    code, printed = kpi(store, "import", month_files(exports, "2023-09")[0], "--yes")
    assert code == 1 and "演示数据" in printed["files"][0]["reason"]
    assert values(store, "2023")["rating.count"] is None


def test_the_command_line_is_a_process_of_its_own(demo_store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kpi", "scorecard", "--period", "2023", "--metric", "ticket.satisfaction"],
        cwd=ROOT,
        env={**os.environ, "KPI_STORE": str(demo_store), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "演示数据 · 2023 年" in done.stdout
    assert "95.35%（40,047/42,000）  ≥ 95%" in done.stdout


def test_errors_are_one_sentence(tmp_path: Path, demo_store: Path) -> None:
    code, printed = kpi(tmp_path / "none", "batches")
    assert code == 1 and "请先导入文件" in printed["error"]
    code, printed = kpi(demo_store, "scorecard", "--period", "2023-99")
    assert code == 1 and "不认识的时段" in printed["error"]
    code, printed = kpi(demo_store, "scorecard", "--period", "2023", "--where", "town")
    assert code == 1 and "维度=成员" in printed["error"]


def test_refused_rows_come_back_with_reasons_and_can_go_in_corrected(tmp_path: Path) -> None:
    store = tmp_path / "store"
    path = real_tickets(tmp_path)
    text = path.read_text(encoding="gb18030")
    path.write_text(
        text.replace(
            "HD2025000007,2025-03-08 09:30:00,投诉,转办,多祝", "HD2025000007,2025-03-08 09:30:00,投诉,转办,不存在镇"
        ),
        encoding="gb18030",
    )
    code, printed = kpi(store, "import", path, "--yes")
    result = printed["files"][0]
    assert (code, result["new"], result["refused"], result["refused_by_rule"]) == (0, 59, 1, {"镇街不认识": 1})
    assert kpi(store, "refused")[1]["refused"][0]["line"] == 9
    saved = tmp_path / "拒收.csv"
    assert CliRunner().invoke(cli, ["refused", "--csv", str(saved)], env={"KPI_STORE": str(store)}).exit_code == 0
    saved.write_text(saved.read_text(encoding="utf-8-sig").replace("不存在镇", "多祝镇"), encoding="utf-8")
    code, printed = kpi(store, "import", saved, "--yes")
    assert (code, printed["files"][0]["new"], printed["files"][0]["refused"]) == (0, 1, 0)
    assert values(store, "2025-03")["ticket.count"] == 60


def test_a_preview_says_at_once_that_a_file_is_in_force(store: Path, exports: Path) -> None:
    code, printed = kpi(store, "import", month_files(exports, "2023-09")[0])
    assert (code, printed["files"][0]["outcome"]) == (1, "refused")
    assert "已于" in printed["files"][0]["reason"]


def test_undoing_the_only_real_batch_shows_the_demonstration_again(store: Path, tmp_path: Path) -> None:
    before = values(store, "2023")
    kpi(store, "import", real_tickets(tmp_path), "--yes")
    assert values(store, "2023")["rating.count"] is None
    assert kpi(store, "undo", "1")[0] == 0
    assert values(store, "2023") == before


def test_a_folder_name_may_hold_an_apostrophe(tmp_path: Path) -> None:
    code, printed = kpi(tmp_path / "it's", "import", real_tickets(tmp_path), "--yes")
    assert (code, printed["files"][0]["new"]) == (0, 60)


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, printed = kpi(tmp_path / "file", "import", real_tickets(tmp_path), "--yes")
    assert code == 1
    assert "不能写入" in printed["error"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--by", "nonsense"), "没有指标能按“nonsense”拆分或筛选"),
        (("--where", "nonsense=1"), "没有指标能按“nonsense”拆分或筛选"),
        (("--where", "town=火星"), "“镇街”中没有“火星”"),
        (("--where", "town=多祝镇", "--where", "town=平山街道"), "写了两次"),
        (("--metric", "ticket.count", "--by", "kiosk_id"), "可用的维度"),
    ],
)
def test_what_does_not_exist_is_never_answered_with_nothing(
    demo_store: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, printed = kpi(demo_store, "scorecard", "--period", "2023", *arguments)
    assert code == 1
    assert sentence in printed["error"]


def test_refused_rows_of_an_unknown_batch(demo_store: Path) -> None:
    code, printed = kpi(demo_store, "refused", "9999")
    assert code == 1
    assert "没有批次 9999" in printed["error"]


def test_a_change_is_explained_by_parts_that_sum_to_it(demo_store: Path) -> None:
    code, printed = kpi(
        demo_store, "explain", "ticket.on_time", "--period", "2023-W48", "--vs", "2023-W47", "--by", "town"
    )
    assert code == 0
    parts = [driver["contribution"] for driver in printed["drivers"]]
    assert sum(parts) == pytest.approx(printed["change"], abs=1e-9)
    assert printed["after"] - printed["before"] == pytest.approx(printed["change"])
    assert printed["dimension"] == "镇街" and len(parts) == 17
    for driver in printed["drivers"]:
        assert driver["mix"] + driver["rate"] == pytest.approx(driver["contribution"])
    code, printed = kpi(demo_store, "explain", "cross.count", "--period", "2023-W48")
    assert (printed["before"], printed["after"], printed["change"]) == (25, 22, -3)
    assert printed["by"] in printed["searched"] and "较上周减少 3 宗" in printed["sentence"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("explain", "ticket.handling_p90", "--period", "2023-W48"), "分位数不能由各成员相加"),
        (("explain", "ticket.count", "--period", "2023-W48", "--vs", "2019"), "没有报送"),
        (("explain", "ticket.count", "--period", "2023-W48", "--by", "hall"), "不能按“hall”拆分"),
        (("explain", "ticket.contact_confirmed", "--period", "2023-Q3", "--vs", "2023-Q2"), "改过口径"),
        (("explain", "ticket.count", "--period", "2023-W48", "--vs", "festival"), "没有春节同期可比"),
        (("card", "no.such"), "没有指标“no.such”"),
        (("scorecard", "--period", "2023", "--as-of", "昨天"), "看不懂日期“昨天”"),
        (("scorecard", "--period", "2023", "--as-of", "2021-01-01"), "那天看板还没有任何有效数据"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(
    demo_store: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, printed = kpi(demo_store, *arguments)
    assert code == 1 and sentence in printed["error"]


def test_a_card_says_all_there_is_to_know(demo_store: Path) -> None:
    code, printed = kpi(demo_store, "card", "ticket.on_time", "--period", "2023-W48")
    assert code == 0
    assert printed["formula"]["numbers"] == "908 ÷ 942 × 100 = 96.39%"
    assert printed["records"]["count"] == 942
    assert printed["rule"]["status"] == printed["row"]["status"]
    assert {"verification", "sources", "accuracy", "limitations", "compensation"} == set(
        printed["sources"][0]["quality"]
    )
    assert printed["batches"] and printed["targets"] and printed["sentences"]
    generation = current(demo_store)
    for query, part in zip(printed["queries"], ("numerator", "denominator"), strict=True):
        assert generation.query(query["sql"]).item() == printed["formula"][part]["value"]


def test_a_past_day_is_shown_as_it_was(store: Path) -> None:
    def week(day: str) -> dict[str, Any]:
        rows = kpi(store, "scorecard", "--period", "2023-W46", "--metric", "one_window.count", "--as-of", day)[1][
            "rows"
        ]
        return dict(rows[0])

    assert (week("2023-12-07")["value"], week("2023-12-07")["restatement"]) == (277, "")
    corrected = week("2023-12-08")
    assert (corrected["value"], corrected["restated_from"]) == (280, 277)
    assert "由 277 宗改为 280 宗" in corrected["restatement"]
    assert kpi(store, "batches", "--as-of", "2023-12-07")[1]["batches"][0]["batch"] == 69
