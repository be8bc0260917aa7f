"""The mapping screen: a person says which header of an unknown file is which column, and what its codes mean."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from kpi.catalogue import FLAGS, LEVELS, Catalogue, Column, Subject
from kpi.intake.mapping import EVERY_OTHER, LISTED, MOMENTS, Mapping, text_key
from kpi.intake.masks import MASKS
from kpi.intake.spelling import fold, is_empty, tidy
from kpi.intake.suggest import Suggestion, date_formats, likely_subject, suggest, suggest_values
from kpi.ui.mapping_trial import Preview, Save, found_texts, show_trial

ABSENT, FIXED, UNMAPPED, NOTHING = "不提供", "固定值…", "未对应", "置空（没有意义）"
MOST_TEXTS = 24
SAMPLES_SHOWN = 3
LONGEST_SHOWN = 24
TYPES = {"id": "编号", "text": "文字", "code": "代码", "level": "满意度", "flag": "是否", "integer": "整数"}
TYPES |= {"number": "数字", "date": "日期", "datetime": "日期时间", "town": "镇街", "department": "部门"}


@dataclass
class Choices:
    """What has been chosen so far, and in words what is still open."""

    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """The unknown file: its headers with their distinct texts and how often each stands in the samples."""

    key: str
    subject: Subject
    catalogue: Catalogue
    texts: dict[str, Counter[str]]
    suggested: dict[str, Suggestion]

    def widget(self, *parts: str) -> str:
        """Return the key of a widget of this file and subject."""
        return "-".join(("map", self.key, self.subject.key, *parts))


def mapping_screen(
    name: str,
    key: str,
    headers: list[str],
    samples: list[list[str]],
    catalogue: Catalogue,
    preview: Preview,
    save: Save,
) -> None:
    """Draw the screen for the file ``name`` (``key`` from its content) with its ``headers`` and ``samples`` of rows.

    ``preview`` reads the file under a mapping without keeping anything; ``save`` remembers the mapping, with
    ``saved_by`` filled in, once the person confirms.
    """
    with st.container(key=f"card-map-{key}"):
        st.html(
            f'<header class="kpi-cardhead"><h3>建立对应关系</h3><small>{escape(name)} · {len(headers)} 列 · '
            f"样例 {len(samples)} 行</small></header>"
            '<p class="kpi-hint">这份文件的表头不认识。请核对每一列取自文件的哪个表头，建议只供参考。</p>'
        )
        subject, source, who = _heading(key, headers, samples, catalogue)
        sheet = _sheet(key, headers, samples, subject, catalogue)
        choices = _columns(sheet)
    with st.container(key=f"card-map-{key}-trial"):
        st.html('<header class="kpi-cardhead"><h3>预览</h3><small>按现在的对应关系试读，尚未导入</small></header>')
        if choices.open:
            st.html(f'<p class="kpi-refusal">还差 {len(choices.open)} 处：{escape("；".join(choices.open))}。</p>')
        else:
            show_trial(_mapping(sheet, choices, source, who), key, catalogue, preview, save)


def _heading(key: str, headers: list[str], samples: list[list[str]], catalogue: Catalogue) -> tuple[Subject, str, str]:
    keys = list(catalogue.subjects)
    likely = f"map-{key}-likely"
    if likely not in st.session_state:
        st.session_state[likely] = likely_subject(headers, samples, catalogue)
    one, two, three = st.columns([2, 2, 1])
    chosen = one.selectbox(
        "业务（必需）",
        keys,
        index=keys.index(st.session_state[likely]),
        format_func=lambda subject: catalogue.subjects[subject].name,
        key=f"map-{key}-subject",
    )
    source = two.text_input(
        "来源名称（必需）", placeholder="报送单位或系统，例如 某市 12345 平台", key=f"map-{key}-source"
    )
    who = three.text_input("建立人（必需）", key=f"map-{key}-who")
    return catalogue.subjects[chosen], source.strip(), who.strip()


def _mapping(sheet: Sheet, choices: Choices, source: str, who: str) -> Mapping:
    return Mapping(
        subject=sheet.subject.key,
        source=source,
        version=1,
        columns=choices.columns,
        values=choices.values,
        constants=choices.constants,
        formats=choices.formats,
        saved_by=who,
    )


def _sheet(key: str, headers: list[str], samples: list[list[str]], subject: Subject, catalogue: Catalogue) -> Sheet:
    """Return the file as this screen sees it, read once per file and subject."""
    kept = f"map-{key}-{subject.key}-sheet"
    if kept not in st.session_state:
        places = {tidy(header): place for place, header in reversed([*enumerate(headers)]) if tidy(header)}
        texts = {
            header: Counter(tidy(row[place]) for row in samples if place < len(row) and not is_empty(fold(row[place])))
            for header, place in sorted(places.items(), key=lambda entry: entry[1])
        }
        shown = [tidy(header) for header in headers]
        st.session_state[kept] = Sheet(key, subject, catalogue, texts, suggest(shown, samples, subject, catalogue))
    sheet: Sheet = st.session_state[kept]
    return sheet


def _columns(sheet: Sheet) -> Choices:
    """Draw one row per column, those needed or suggested first, and return what is chosen."""
    choices = Choices()
    first = [c for c in sheet.subject.columns if c.required or c.name in sheet.suggested]
    for column in sorted(first, key=lambda c: not c.required):
        _column(sheet, column, choices)
    rest = [column for column in sheet.subject.columns if column not in first]
    if rest:
        with st.expander(f"其余 {len(rest)} 列（可选，没有建议）"):
            for column in rest:
                _column(sheet, column, choices)
    return choices


def _column(sheet: Sheet, column: Column, choices: Choices) -> None:
    proposed = sheet.suggested.get(column.name)
    fixed = [FIXED] if column.name != sheet.subject.record and not column.personal else []
    options = [ABSENT, *fixed, *sheet.texts]
    name, choice, beside = st.columns([3, 4, 6], vertical_alignment="center")
    mark = ' <b class="kpi-missed">必需</b>' if column.required else ""
    name.html(f"<span>{escape(column.header)}{mark} <small class='kpi-hint'>{TYPES[column.type]}</small></span>")
    header = choice.selectbox(
        column.header,
        options,
        index=options.index(proposed.header) if proposed else 0,
        key=sheet.widget(column.name),
        label_visibility="collapsed",
    )
    if header == ABSENT:
        if column.required:
            choices.open.append(f"“{column.header}”还没有对应")
        return
    if header == FIXED:
        with beside:
            _constant(sheet, column, choices)
        return
    choices.columns[column.name] = header
    counted = sheet.texts[header]
    beside.html(_samples(column, counted, proposed.why if proposed and proposed.header == header else ""))
    if column.type in MOMENTS:
        _date_format(sheet, column, header, choices)
    elif column.type in LISTED:
        _values(sheet, column, counted, choices)


def _samples(column: Column, counted: Counter[str], why: str) -> str:
    """Return a few of the texts, personal data hidden, and below them why the header was proposed."""
    mask = MASKS.get(column.personal or ("free_text" if column.type == "text" else ""), str)
    shown = "　".join(escape(_short(mask(text))) for text in [*counted][:SAMPLES_SHOWN]) or "样例中没有内容"
    return f'<span>{shown}</span><br><small class="kpi-hint">{escape(why or "您的选择")}</small>'


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _constant(sheet: Sheet, column: Column, choices: Choices) -> None:
    key, label = sheet.widget(column.name, "fixed"), f"{column.header}的固定值"
    listed = canonical_values(column, sheet.catalogue)
    chosen: str | None
    if listed:
        chosen = st.selectbox(label, listed, index=None, placeholder="每一行都取这个值", key=key)
    else:
        chosen = st.text_input(label, placeholder="每一行都取这个值", key=key)
    if chosen:
        choices.constants[column.name] = chosen
    else:
        choices.open.append(f"“{column.header}”的固定值还没有填")


def canonical_values(column: Column, catalogue: Catalogue) -> list[str]:
    """Return the values a listed column may have, in their order; empty for columns of any other type."""
    return {
        "code": list(column.values),
        "level": list(LEVELS.values()),
        "flag": list(FLAGS.values()),
        "town": [town.name for town in catalogue.towns],
        "department": [department.name for department in catalogue.departments],
    }.get(column.type, [])


def _date_format(sheet: Sheet, column: Column, header: str, choices: Choices) -> None:
    """Settle how the dates are written; where day and month could change places, the person has to say."""
    possible = dict(date_formats(sheet.texts[header]))
    if len(possible) == 1:
        pattern, example = next(iter(possible.items()))
        if pattern:
            choices.formats[column.name] = pattern
            _indented().html(f'<small class="kpi-hint">日期格式 {escape(pattern)}：{escape(example)}</small>')
        return
    if not possible:
        if sheet.texts[header]:
            _indented().html('<small class="kpi-watch">! 看不出日期写法，读不出的行会被拒收</small>')
        return
    chosen = _indented().radio(
        f"{column.header}的日和月哪个在前，样例看不出，请选定",
        list(possible),
        index=None,
        format_func=lambda pattern: f"{possible[pattern]}（{pattern}）",
        key=sheet.widget(column.name, header, "format"),
    )
    if chosen:
        choices.formats[column.name] = chosen
    else:
        choices.open.append(f"“{column.header}”的日期写法还没有选定")


def _one_spelling(counted: Counter[str]) -> Counter[str]:
    """Return the counts with texts that differ only in case or width counted together, under the first spelling."""
    spelled: dict[str, str] = {}
    together: Counter[str] = Counter()
    for text, count in counted.items():
        together[spelled.setdefault(text_key(text), text)] += count
    return together


def _indented() -> DeltaGenerator:
    return st.columns([3, 10])[1]


def _values(sheet: Sheet, column: Column, counted: Counter[str], choices: Choices) -> None:
    """Draw a select box per distinct text; what the words do not settle stays 未对应 until a person chooses."""
    counted = _one_spelling(counted + found_texts(sheet.key, column.name, counted))
    texts = [text for text, _ in counted.most_common(MOST_TEXTS)]
    proposed = suggest_values(column, counted, sheet.catalogue)
    # Names of the county's own lists need no asking; a word of another language is a proposal, to be seen and changed.
    is_own = column.type in ("town", "department") or all(text == value for text, value in proposed.items())
    if len(proposed) == len(counted) and is_own:
        choices.values |= {column.name: proposed} if proposed else {}
        _indented().html('<small class="kpi-hint">✓ 取值都认得</small>')
        return
    listed = [UNMAPPED, *canonical_values(column, sheet.catalogue), NOTHING]
    meanings: dict[str, str] = {}
    left = len(counted) - len(texts)
    place = _indented()
    said = place.empty()
    grid = place.columns(3)
    for number, text in enumerate([*texts, EVERY_OTHER]):
        label = (
            f"其余{f' {left} 个' if left else ''}取值都算作"
            if text == EVERY_OTHER
            else f"{_short(text)}（{counted[text]} 行）"
        )
        chosen = grid[number % 3].selectbox(
            label.replace("[", "\\["),
            listed,
            index=listed.index(proposed[text]) if text in proposed else 0,
            key=sheet.widget(column.name, "text", text),
        )
        if chosen != UNMAPPED:
            meanings[text] = "" if chosen == NOTHING else chosen
    unmapped = 0 if EVERY_OTHER in meanings else len([t for t in texts if t not in meanings]) + left
    tone = "kpi-watch" if unmapped else "kpi-hint"
    said.html(f'<small class="{tone}">取值对应：未对应 {unmapped} 个{"，这些行会被拒收" if unmapped else ""}</small>')
    if meanings:
        choices.values[column.name] = meanings
