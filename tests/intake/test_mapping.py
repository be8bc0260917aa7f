"""Files of foreign senders: a mapping reads them, is checked, written, remembered, and proposed."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.catalogue import ROOT, Column, Subject
from kpi.errors import ImportRefused
from kpi.intake import rules, stage
from kpi.intake.mapping import Mapping, apply_texts, checked, matching
from kpi.intake.mapping_files import broken_mappings, load_mapping, mapping_toml, remembered, save_mapping
from kpi.intake.suggest import date_formats, likely_subject, suggest, suggest_values
from tests.intake.exports import TODAY, catalogue, csv_text

NYC = """
subject = "ticket"
source = "某市 311"
version = 1

[columns]
ticket_id = "Unique Key"
"来电时间" = "Created Date"
closed_at = "Closed Date"
category = "Complaint Type"
topic = "Complaint Type"
"所属镇街" = "Borough"
status = "Status"
final_level = "Rating"

[constants]
handling = "转办"

[formats]
received_at = "%m/%d/%Y %I:%M:%S %p"
closed_at = "%m/%d/%Y %I:%M:%S %p"

[values.category]
"Noise" = "投诉"
"*" = "求助"

[values.town]
"NORTH" = "多祝"
"Unspecified" = ""

[values.status]
"Closed" = "已办结"
"Open" = "办理中"

[values.final_level]
"1" = "非常满意"
"5" = "非常不满意"
"""
HEADERS = ["Unique Key", "Created Date", "Closed Date", "Complaint Type", "Borough", "Status", "Rating"]


def ticket() -> Subject:
    return catalogue().subjects["ticket"]


def column(name: str, subject: str = "ticket") -> Column:
    return catalogue().subjects[subject].column(name)


def row(**changes: str) -> dict[str, str]:
    cells = ["1001", "03/14/2023 02:15:00 PM", "03/20/2023 09:00:00 AM", "Noise", "NORTH", "Closed", "1"]
    return {**dict(zip(HEADERS, cells, strict=True)), **changes}


def loaded(text: str, folder: Path) -> Mapping:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, catalogue())


def refusal(old: str, new: str, folder: Path) -> str:
    assert NYC.count(old) >= 1
    with pytest.raises(ImportRefused) as caught:
        loaded(NYC.replace(old, new, 1), folder)
    sentence = str(caught.value)
    assert sentence.startswith("对应关系文件“map.toml”") and sentence.endswith("。") and "\n" not in sentence
    return sentence


def test_a_foreign_file_of_service_requests_is_read_without_code(tmp_path: Path) -> None:
    rows = [
        row(),
        row(
            **{
                "Unique Key": "1002",
                "Complaint Type": "Heat",
                "Borough": "Unspecified",
                "Closed Date": "",
                "Rating": "",
            }
        ),
    ]
    mapping = loaded(NYC, tmp_path)
    result = stage(csv_text(rows).encode(), "311.csv", catalogue(), today=TODAY, mapping=mapping)
    assert result.refused.is_empty()
    shown = ["ticket_id", "received_at", "closed_at", "category", "topic", "town", "handling", "status", "final_level"]
    assert result.rows.select(shown).rows() == [
        (
            "1001",
            datetime(2023, 3, 14, 14, 15),
            datetime(2023, 3, 20, 9),
            "投诉",
            "Noise",
            "多祝镇",
            "转办",
            "已办结",
            5,
        ),
        ("1002", datetime(2023, 3, 14, 14, 15), None, "求助", "Heat", None, "转办", "已办结", None),
    ]


def test_what_nobody_mapped_is_refused_not_guessed(tmp_path: Path) -> None:
    wrong = {"1": {"Rating": "4"}, "2": {"Created Date": "31/03/2023 02:15:00 PM"}, "3": {"Status": "Pending"}}
    rows = [row(), *(row(**{"Unique Key": key, **changes}) for key, changes in wrong.items())]
    mapping = loaded(NYC, tmp_path)
    result = stage(csv_text(rows).encode(), "311.csv", catalogue(), today=TODAY, mapping=mapping)
    assert result.rows["ticket_id"].to_list() == ["1001"]
    assert result.refused["rule"].to_list() == [rules.UNKNOWN_LEVEL, rules.BAD_DATE, rules.NOT_LISTED]
    assert "“4”" in result.refused["reason"][0] and "“31/03/2023 02:15:00 PM”" in result.refused["reason"][1]


def test_values_are_canonical_whatever_the_spelling_of_the_key_and_the_alias(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    assert mapping.columns["received_at"] == "Created Date" and mapping.columns["town"] == "Borough"
    assert mapping.values["town"] == {"NORTH": "多祝镇", "Unspecified": ""}
    with_mark = (tmp_path / "mark.toml").write_bytes(b"\xef\xbb\xbf" + NYC.encode())
    assert with_mark and load_mapping(tmp_path / "mark.toml", catalogue()) == mapping


@pytest.mark.parametrize(
    ("old", "new", "needed"),
    [
        ('subject = "ticket"', 'subject = "tickets"', "没有这类业务，可用：assisted_case（惠帮办事项）"),
        ('subject = "ticket"', 'subject "ticket"', "第 2 行不合 TOML 写法"),
        ("version = 1", 'version = "1"', "的 version 应当是整数"),
        ("version = 1", "version = true", "的 version 应当是整数"),
        ("version = 1", "version = 0", "都从 1 数起"),
        ("version = 1", "verson = 1", "有不认识的项“verson”，可用：subject、source、version"),
        ('source = "某市 311"', 'source = " "', "没有写来源名称（source）"),
        ('status = "Status"', 'state = "Status"', "[columns] 写了“state”，12345 热线工单没有这一列"),
        ('status = "Status"', '"工单编号" = "Status"', "把“工单编号”写了两次"),
        ('status = "Status"', 'status = ""', "“工单状态”没有写表头"),
        ('status = "Status"', "status = 3", "文字都加引号"),
        ('ticket_id = "Unique Key"\n', "", "缺少必需列“工单编号”（ticket_id）"),
        ('handling = "转办"', "", "缺少必需列“办理类型”（handling）"),
        ('handling = "转办"', 'handling = "办"', "“办理类型”可用：转办、督办"),
        ('handling = "转办"', 'handling = ""', "没有写固定值"),
        ('handling = "转办"', 'handling = "转办"\nstatus = "已办结"', "既对应了表头又给了固定值"),
        (
            'ticket_id = "Unique Key"\n',
            'ticket_id = "Unique Key"\nsigned_at = "Created date"\n',
            "让“签收时间”和“来电时间”都取自表头“Created date”",
        ),
        ('ticket_id = "Unique Key"\n', 'ticket_id = "Unique Key"\ntitle = "Unique Key"\n', "都取自表头“Unique Key”"),
        ('"Noise" = "投诉"', '"Noise" = "噪音"', "[values.category] 的取值“噪音”不可用，“诉求类型”可用：咨询、求助"),
        ('"NORTH" = "多祝"', '"NORTH" = "布鲁克林"', "“事发镇街”可用：平山街道、"),
        ('"1" = "非常满意"', '"1" = "5"', "“最终满意度”可用：非常满意、满意、基本满意、不满意、非常不满意、未评价"),
        ('"1" = "非常满意"', '"1" = 5', "文字都加引号"),
        ('"Open" = "办理中"', '"CLOSED" = "办理中"', "写法相同却对应不同的取值"),
        ("[values.town]", "[values.title]", "但 [columns] 没有给它对应的表头"),
        ("[values.town]", "[values.borough]", "[values] 写了“borough”"),
        ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S", "“来电时间”的格式“%m/%d/%Y %I:%M:%S”不对"),
        ("%m/%d/%Y %I:%M:%S %p", "%d/%Y", "年 %Y 或 %y、月 %m、日 %d 各写一次"),
        ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %Q", "不对"),
        ("[formats]", '[formats]\ncategory = "%Y-%m-%d"', "写了“诉求类型”，它不是日期列"),
    ],
)
def test_every_mistake_names_the_place_and_what_is_allowed(old: str, new: str, needed: str, tmp_path: Path) -> None:
    assert needed in refusal(old, new, tmp_path)


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "gbk.toml").write_bytes(NYC.encode("gb18030"))
    for name in ("gbk.toml", "none.toml"):
        with pytest.raises(ImportRefused, match=f"“{name}”读不出来"):
            load_mapping(tmp_path / name, catalogue())


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
filled = words.filter(lambda text: bool(text.strip()))


@given(
    source=words,
    header_row=st.none() | st.integers(1, 99),
    saved=st.none() | st.datetimes(),
    tables=st.lists(st.dictionaries(words, words, max_size=4), min_size=3, max_size=3),
    values=st.dictionaries(st.sampled_from(["town", "status"]), st.dictionaries(words, words, min_size=1), max_size=2),
)
def test_any_text_survives_being_written_as_toml(
    source: str,
    header_row: int | None,
    saved: datetime | None,
    tables: list[dict[str, str]],
    values: dict[str, dict[str, str]],
) -> None:
    columns, constants, formats = tables
    mapping = Mapping("ticket", source, 3, columns, values, constants, formats, header_row, "张三", saved)
    read = tomllib.loads(mapping_toml(mapping))
    assert Mapping(**{"values": {}, "columns": {}, "constants": {}, "formats": {}, **read}) == mapping


def test_a_mapping_read_back_is_the_same_mapping(tmp_path: Path) -> None:
    mapping = replace(loaded(NYC, tmp_path), header_row=4, saved_by="张三", saved_at=datetime(2024, 1, 5, 8, 30))
    assert loaded(mapping_toml(mapping), tmp_path) == mapping


def test_mappings_are_remembered_in_versions_that_stay(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    folder, when = tmp_path / "kept", datetime(2024, 1, 5, 8, 30, 0, 999)
    first = save_mapping(folder, mapping, "张三", when)
    second = save_mapping(folder, replace(mapping, header_row=2), "李四", when + timedelta(days=1))
    other = save_mapping(folder, replace(mapping, source="某市/311"), "王五", when)
    assert (first.version, second.version, other.version) == (1, 2, 1)
    assert sorted(remembered(folder, catalogue()), key=lambda one: one.source) == [second, other]
    files = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert files == ["v0001.toml", "v0001.toml", "v0002.toml"]
    kept = next(path for path in folder.rglob("v0001.toml") if "张三" in path.read_text(encoding="utf-8"))
    assert load_mapping(kept, catalogue()) == first
    assert first.saved_at == datetime(2024, 1, 5, 8, 30)


def test_a_broken_newest_version_is_named_and_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    folder, when = tmp_path / "kept", datetime(2024, 1, 5)
    save_mapping(folder, mapping, "张三", when)
    good = save_mapping(folder, replace(mapping, source="好的"), "张三", when)
    home = next(path.parent for path in folder.rglob("*.toml") if "某市" in str(path))
    (home / "v0002.toml").write_text("subject = 1", encoding="utf-8")
    assert remembered(folder, catalogue()) == [good]
    [sentence] = broken_mappings(folder, catalogue())
    assert f"ticket/{home.name}/v0002.toml" in sentence
    (home / "v0002.toml").write_text("", encoding="utf-8")
    assert len(remembered(folder, catalogue())) == 2 and not broken_mappings(folder, catalogue())
    assert save_mapping(folder, mapping, "张三", when).version == 3


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("", encoding="utf-8")
    with pytest.raises(ImportRefused, match="的对应关系没有保存"):
        save_mapping(tmp_path / "kept", loaded(NYC, tmp_path), "张三", datetime(2024, 1, 5))


def test_the_mapping_with_most_headers_in_the_file_is_taken_and_of_equals_the_newest(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    few = {name: header for name, header in mapping.columns.items() if name not in ("status", "final_level")}
    small = replace(mapping, source="小", columns=few, saved_at=datetime(2024, 1, 9))
    old, new = (replace(mapping, source=str(day), saved_at=datetime(2024, 1, day)) for day in (5, 6))
    spelled = [f" {header.upper()}：" for header in HEADERS]
    assert matching([small, new, old], spelled) == new
    assert matching([old, small, new], spelled[:-1]) == small
    assert matching([old, small, new], spelled[1:]) is None
    assert matching([], spelled) is None


def texts(mapping: Mapping, of: Column, cells: Sequence[str]) -> list[str]:
    return apply_texts(mapping, of, pl.Series(cells, dtype=pl.String()))[0].to_list()


def test_texts_are_translated_whatever_their_width_and_case_and_blanks_say_nothing(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    cells = ["Noise", " ＮＯＩＳＥ ", "投诉", "", "N/A", "—"]
    assert texts(mapping, column("category"), cells) == ["投诉", "投诉", "求助", "", "N/A", "—"]


def test_digits_without_a_stated_meaning_are_refused_in_levels_and_flags(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    _, problems = apply_texts(mapping, column("final_level"), pl.Series(["1", "3", "满意", "", "★★", "4.0"]))
    assert problems is not None
    assert problems.to_list() == [None, rules.UNKNOWN_LEVEL, None, None, None, rules.UNKNOWN_LEVEL]
    _, problems = apply_texts(mapping, column("is_repeat"), pl.Series(["1", "是", "0"]))
    assert problems is not None and problems.to_list() == [rules.UNKNOWN_FLAG, None, rules.UNKNOWN_FLAG]
    assert apply_texts(mapping, column("final_level"), pl.Series(["1", "满意"]))[1] is None


PATTERNS = ["%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%Y%m%d%H%M%S", "%b %d, %Y %H:%M:%S", "%d/%m/%y %H:%M:%S.%f"]


@given(
    moments=st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2060, 12, 31)), min_size=1, max_size=30),
    pattern=st.sampled_from(PATTERNS),
)
def test_dates_in_a_stated_format_are_read_exactly(moments: list[datetime], pattern: str) -> None:
    mapping = Mapping("ticket", "x", 1, {"received_at": "A"}, formats={"received_at": pattern})
    cells = [f"{moment:{pattern}}" for moment in moments]
    assert texts(mapping, column("received_at"), cells) == [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments]


def test_dates_that_do_not_fit_the_format_keep_their_text(tmp_path: Path) -> None:
    mapping = loaded(NYC, tmp_path)
    cells = [
        "3/4/2023 2:05:00 下午",
        "03/14/2023",
        "2023-03-14",
        "03/14/1023 01:00:00 AM",
        "",
        "13/14/2023 01:00:00 AM",
    ]
    assert texts(mapping, column("received_at"), cells) == ["2023-03-04 14:05:00", *cells[1:]]


def test_constants_and_values_of_free_columns_must_be_readable() -> None:
    mapping = Mapping(
        "rating",
        "x",
        1,
        {"rating_id": "A", "rated_at": "B", "channel": "C", "level": "D", "rater_name": "E", "item": "F"},
        values={"level": {"默认": "未评价", "好": "很满意"}, "rated_at": {"1900-01-01": ""}, "item": {"SB": "社保卡"}},
        constants={"town": "多祝", "department": "人社局"},
    )
    known = checked(mapping, catalogue())
    assert known.values["level"] == {"默认": "", "好": "非常满意"}
    assert known.constants == {"town": "多祝镇", "department": "县人力资源和社会保障局"}
    for name, meaning in (("rated_at", "明天"), ("rater_name", "张三"), ("rating_id", "1")):
        with pytest.raises(ImportRefused, match=f"取值“{meaning}”不可用"):
            checked(replace(mapping, values={name: {"x": meaning}}), catalogue())
    with pytest.raises(ImportRefused, match="是编号，逐件不同"):
        left = {name: header for name, header in mapping.columns.items() if name != "rating_id"}
        checked(replace(mapping, columns=left, constants={**mapping.constants, "rating_id": "1"}), catalogue())


ENGLISH = {
    "Unique Key": "5600000{n}",
    "Created Date": "03/14/2023 02:1{d}:00 PM",
    "Closed Date": "03/20/2023 02:1{d}:00 PM",
    "Agency": "DEP",
    "Agency Name": "Department of Environment",
    "Complaint Type": "Noise",
    "Descriptor": "Loud Music",
    "Incident Zip": "1020{d}",
    "Incident Address": "{n} MAIN STREET",
    "Street Name": "MAIN STREET",
    "City": "X",
    "Status": "Closed",
    "Due Date": "",
    "Resolution Description": "The department responded.",
    "Resolution Action Updated Date": "03/21/2023 02:1{d}:00 PM",
    "Borough": "NORTH",
    "Open Data Channel Type": "PHONE",
    "Latitude": "40.{n}",
}
CITY = {
    "案件标识": "AJ2023{n}",
    "上报时间": "2023-03-14 08:1{d}:00",
    "问题描述": "路面破损{n}",
    "问题来源": "公众举报",
    "案件类型": "事件",
    "大类名称": "市容环境",
    "街道": "多祝镇",
    "社区": "某社区",
    "状态": "已结案",
    "处置部门": "县公安局",
    "处置截止时间": "2023-03-20 08:1{d}:00",
    "结案时间": "2023-03-18 08:1{d}:00",
    "延期次数": "0",
    "满意度": "{d}",
}


def samples(of: dict[str, str], count: int = 40) -> list[list[str]]:
    return [[text.format(n=1000 + n, d=n % 5 + 1) for text in of.values()] for n in range(count)]


def proposed(of: dict[str, str]) -> dict[str, str]:
    found = suggest(list(of), samples(of), ticket(), catalogue())
    assert len({one.header for one in found.values()}) == len(found)
    assert all(one.why and 0 < one.score <= 1 for one in found.values())
    return {name: one.header for name, one in found.items()}


def test_english_headers_of_service_requests_find_their_columns() -> None:
    assert proposed(ENGLISH) == {
        "ticket_id": "Unique Key",
        "received_at": "Created Date",
        "closed_at": "Closed Date",
        "due_at": "Due Date",
        "category": "Complaint Type",
        "topic": "Descriptor",
        "status": "Status",
        "town": "Borough",
        "department": "Agency",
        "channel": "Open Data Channel Type",
    }


def test_chinese_headers_of_a_city_management_system_find_their_columns() -> None:
    assert proposed(CITY) == {
        "ticket_id": "案件标识",
        "received_at": "上报时间",
        "title": "问题描述",
        "channel": "问题来源",
        "category": "案件类型",
        "topic": "大类名称",
        "town": "街道",
        "status": "状态",
        "department": "处置部门",
        "due_at": "处置截止时间",
        "closed_at": "结案时间",
        "final_level": "满意度",
    }
    found = suggest(list(CITY), samples(CITY), ticket(), catalogue())
    assert "每个数字代表哪一级须由人选定" in found["final_level"].why


@pytest.mark.parametrize("of", [ENGLISH, CITY])
def test_the_business_of_a_foreign_file_is_proposed(of: dict[str, str]) -> None:
    assert likely_subject(list(of), samples(of), catalogue()) == "ticket"


def test_content_proposes_where_names_say_nothing_and_contradicts_names() -> None:
    unnamed = {"a": "AJ2023{n}", "b": "2023-03-14 08:1{d}:00", "c": "多祝", "d": "县公安局", "e": "1380000{n}"}
    later = {"f": "2024-03-14 08:1{d}:00"}
    assert proposed({**later, **unnamed}) == {
        "ticket_id": "a",
        "received_at": "b",
        "town": "c",
        "department": "d",
        "caller_phone": "e",
    }
    assert "closed_at" not in proposed({"Closed Date": "see remark"})
    assert "extension_days" not in proposed({"延期次数": "0"})


def test_words_of_values_are_proposed_and_digits_never() -> None:
    def values(name: str, *cells: str) -> dict[str, str]:
        return suggest_values(column(name), cells, catalogue())

    assert values("status", "Closed", "IN PROGRESS", "在办", "1", "?") == {
        "Closed": "已办结",
        "IN PROGRESS": "办理中",
        "在办": "办理中",
    }
    assert values("final_level", "very satisfied", "5", "满意", "5星") == {
        "very satisfied": "非常满意",
        "满意": "满意",
        "5星": "非常满意",
    }
    assert values("is_repeat", "Y", "否", "1") == {"Y": "是", "否": "否"}
    assert values("title", "Closed") == {}


def test_every_word_kept_for_proposals_names_something_that_exists() -> None:
    kept = tomllib.loads((ROOT / "data" / "catalogue" / "sender_words.toml").read_text(encoding="utf-8"))
    columns = [c for subject in catalogue().subjects.values() for c in subject.columns]
    assert set(kept["headers"]) <= {c.name for c in columns}
    for key, meanings in kept["words"].items():
        of = [c for c in columns if key in (c.name, c.type)]
        known = {value for c in of for value in suggest_values(c, meanings, catalogue()).values()}
        assert known >= set(meanings.values())


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["03/04/2023 02:15:00 PM", "05/06/2023 01:00:00 AM"], ["%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p"]),
        (["03/04/2023", "03/14/2023", "05/06/2023"], ["%m/%d/%Y"]),
        (["14.03.2023 13:00", "", "N/A"], ["%d.%m.%Y %H:%M"]),
        (["2023-03-14 14:15:00", "2023/3/4"], [""]),
        (["01/02/03"], ["%m/%d/%y", "%d/%m/%y", "%y/%m/%d"]),
        (["03/14/2023", "14/03/2023"], []),
        (["甲", "乙"], []),
        ([], []),
    ],
)
def test_only_formats_under_which_every_date_reads_are_offered(cells: list[str], formats: list[str]) -> None:
    assert [pattern for pattern, _ in date_formats(cells)] == formats


def test_the_example_shows_a_date_on_which_the_formats_differ() -> None:
    examples = dict(date_formats(["05/05/2023", "05/06/2023"]))
    assert examples == {
        "%m/%d/%Y": "“05/06/2023”读作 2023年5月6日 00:00",
        "%d/%m/%Y": "“05/06/2023”读作 2023年6月5日 00:00",
    }


def test_a_few_texts_that_are_no_dates_do_not_hide_the_format() -> None:
    assert [pattern for pattern, _ in date_formats([*(f"03/{d}/2023" for d in range(13, 30)), "见备注"])] == [
        "%m/%d/%Y"
    ]


def test_the_example_in_the_documentation_can_be_used(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    mapping = loaded(page.split("```toml\n")[1].split("```")[0], tmp_path)
    headers = page.split("`Unique Key,")[1].split("`")[0].split(", ")
    assert {*mapping.columns.values()} - {"Unique Key", *(header.strip() for header in headers)} == set()
