"""Uploaded files on their way in: read once in a process of their own, compared, nothing in force yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kpi import engine, intake
from kpi.engine import Preview
from kpi.engine.naming import aliases_path
from kpi.errors import KpiError, SheetChoice, UnknownLayout
from kpi.intake import Mapping, Staged
from kpi.intake.mapping_files import broken_mappings, save_mapping
from kpi.measure import effects
from kpi.store import dataset_folder, settings_folder, store_root
from kpi.ui import data
from kpi.ui.mapping import mapping_screen

ACCEPTED = ["csv", "xlsx", "xlsm", "xls", "html", "htm", "txt", "tsv", "xml"]


def upload_key() -> str:
    """Return the key of the box files are dropped on: a new one only once what lay there was imported."""
    return f"uploads-{st.session_state.get('upload-round', 0)}"


def forget_uploads() -> None:
    """Empty the box files are dropped on."""
    st.session_state["upload-round"] = st.session_state.get("upload-round", 0) + 1


@dataclass(frozen=True)
class Draft:
    """One uploaded file on its way in: staged and compared, or the refusal why it cannot go in (yet)."""

    upload: UploadedFile
    staged: Staged | None
    preview: Preview | None
    refusal: KpiError | None = None

    @property
    def key(self) -> str:
        """What the widgets of this file are named after."""
        return str(self.upload.file_id)


@st.cache_resource(max_entries=12, ttl=3600, show_spinner=False)
def _staged(file_id: str, file_name: str, sheet: str | None, _settings: str, _content: bytes) -> Staged | KpiError:
    """Read a file once; a refusal is kept too, it costs as much."""
    try:
        return intake.stage_apart(_content, file_name, settings_folder(store_root()), sheet=sheet)
    except KpiError as refusal:
        return refusal


def _settings_version() -> str:
    """Return a text that changes when a person confirms an alias or a mapping."""
    root = store_root()
    files = [aliases_path(root), *sorted((settings_folder(root) / "mappings").glob("*/*/*.toml"))]
    return "|".join(f"{path.name}@{path.stat().st_mtime_ns}" for path in files if path.exists())


def draft(upload: UploadedFile) -> Draft:
    """Return what would happen to one uploaded file; nothing is in force yet."""
    sheet = st.session_state.get(f"sheet-{upload.file_id}")
    settings = _settings_version()
    with st.spinner(f"正在读取 {upload.name} …（前面有别人的文件时排队）"):
        read = _staged(f"{upload.file_id}|{settings}", upload.name, sheet, settings, upload.getvalue())
    if isinstance(read, KpiError):
        return Draft(upload, None, None, read)
    try:
        is_complete = bool(st.session_state.get(f"complete-{upload.file_id}"))
        return Draft(upload, read, engine.preview(store_root(), read, data.catalogue(), is_complete=is_complete))
    except KpiError as refusal:
        return Draft(upload, None, None, refusal)


def ask_more(one: Draft) -> None:
    """Draw what a person can still do for a file that cannot go in: choose a sheet, or say what its columns mean."""
    refusal = one.refusal
    if isinstance(refusal, SheetChoice) and refusal.sheets:
        st.selectbox("选择要导入的工作表", refusal.sheets, index=None, key=f"sheet-{one.key}", placeholder="请选择")
    elif isinstance(refusal, UnknownLayout) and refusal.tables:
        for sentence in broken_mappings(_mappings(), data.catalogue()):
            st.warning(sentence)
        table = refusal.tables[0]
        mapping_screen(
            one.upload.name,
            one.key,
            list(table["headers"]),
            [list(row) for row in table["samples"]],
            data.catalogue(),
            lambda mapping: _trial(one, mapping),
            _remember,
        )


def _trial(one: Draft, mapping: Mapping) -> Staged:
    with st.spinner("正在按对应关系试读…"):
        return intake.stage_apart(
            one.upload.getvalue(), one.upload.name, settings_folder(store_root()), mapping=mapping
        )


def _remember(mapping: Mapping) -> None:
    saved = save_mapping(_mappings(), mapping, mapping.saved_by, datetime.now())
    st.session_state["import-notice"] = (
        f"“{saved.source}”的对应关系已保存为第 {saved.version} 版，以后同样的表头自动认出。"
    )
    st.rerun()


def _mappings() -> Path:
    return settings_folder(store_root()) / "mappings"


def in_force(staged: Staged) -> str:
    """Return the name of the generation the file would go into; empty before the first."""
    pointer = dataset_folder(store_root(), engine.dataset_of(staged)) / "current"
    return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else ""


@st.cache_data(max_entries=24, show_spinner=False)
def effect_of(digest: str, generation: str, is_complete: bool, _staged: Staged) -> pl.DataFrame:
    """Return what the last weeks of each metric become if the file goes in; see ``kpi.measure.effects``."""
    return effects(store_root(), _staged, data.catalogue(), is_complete=is_complete)
