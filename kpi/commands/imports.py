"""Commands by which files and names come in: import, watch, alias."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import click

from kpi import engine, intake
from kpi.catalogue import Alias, Catalogue
from kpi.catalogue import load as load_catalogue
from kpi.commands.group import as_json_text, cli, waiting
from kpi.engine import report
from kpi.engine.naming import aliases_path, confirm_alias
from kpi.engine.watching import watch
from kpi.errors import ImportRefused, UnknownName
from kpi.intake.mapping import Mapping
from kpi.intake.mapping_files import load_mapping, remembered, save_mapping
from kpi.measure import effects
from kpi.store import settings_folder, store_root


@cli.command("import", help="导入一个或多个导出文件；不加 --yes 时只预览。")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="直接导入，视为已确认全部提示（⚠）。")
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="陌生来源的列对应关系（TOML），导入后记住。")
@click.option("--sheet", default=None, help="工作簿中要导入的工作表。")
@click.option("--complete", "is_complete", is_flag=True, help="本期完整覆盖：该期间内文件里没有的记录撤下。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def import_files(
    files: Sequence[Path], yes: bool, map_file: Path | None, sheet: str | None, is_complete: bool, as_json: bool
) -> None:
    """Preview files, and on confirmation append each as one batch; exit code 1 when any was refused."""
    catalogue, root = load_catalogue(), store_root()
    mapping = load_mapping(map_file, catalogue) if map_file else None
    results, staged = [], []
    for path in files:
        try:
            item = intake.stage_apart(path, path.name, settings_folder(root), mapping=mapping, sheet=sheet)
            found = None if yes else engine.preview(root, item, catalogue, is_complete=is_complete)
        except ImportRefused as refusal:
            results.append(_refused(path.name, refusal))
            continue
        staged.append(item)
        if found is not None:
            effect = effects(root, item, catalogue, is_complete=is_complete)
            results.append(report.previewed(item, found, effect))
    if not yes and not as_json and staged:
        _say(results)
        yes = click.confirm("确认导入", default=False)
        results = [result for result in results if result["outcome"] == "refused"]
        if not yes:
            results = []
    if yes and staged:
        results += _load(root, staged, catalogue, is_complete)
        if mapping:
            _remember(root, mapping, catalogue)
    if as_json:
        click.echo(as_json_text({"files": results}))
    else:
        _say(results)
    if any(result["outcome"] == "refused" for result in results):
        sys.exit(1)


def _say(results: Sequence[dict[str, Any]]) -> None:
    for result in results:
        for line in report.lines(result):
            click.echo(line)


def _refused(file_name: str, refusal: ImportRefused) -> dict[str, Any]:
    return {"file": file_name, "outcome": "refused", "reason": str(refusal)}


def _load(root: Path, staged: list[intake.Staged], catalogue: Catalogue, is_complete: bool) -> list[dict[str, Any]]:
    """Load demo and real files apart; a demo file beside real data is refused, the rest go in."""
    results: list[dict[str, Any]] = []
    for group in ([s for s in staged if s.is_demo], [s for s in staged if not s.is_demo]):
        if not group:
            continue
        try:
            loaded = engine.load(root, group, catalogue, is_complete=is_complete, waiting=waiting)
        except ImportRefused as refusal:
            results += [_refused(item.file_name, refusal) for item in group]
            continue
        results += [report.imported(item, batch) for item, batch in zip(group, loaded, strict=True)]
    return results


def _remember(root: Path, mapping: Mapping, catalogue: Catalogue) -> None:
    """Keep the mapping for later files of this sender, unless its newest version says the same."""
    folder = settings_folder(root) / "mappings"
    same = ("subject", "source", "columns", "values", "constants", "formats", "header_row")
    for known in remembered(folder, catalogue):
        if all(getattr(known, name) == getattr(mapping, name) for name in same):
            return
    save_mapping(folder, mapping, getuser(), datetime.now())


@cli.command("watch", help="监视文件夹：放进来的文件自动导入，归入 done 或 refused 并附报告；按 Ctrl+C 停止。")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="只处理现有的文件，然后结束。")
@click.option("--seconds", type=click.FloatRange(min=0.2), default=2.0, show_default=True, help="每隔几秒看一次。")
@click.option("--accept-warnings", "accept", is_flag=True, help="须人工确认的文件也直接导入。")
def watch_folder(folder: Path, once: bool, seconds: float, accept: bool) -> None:
    """Import what is dropped into a folder until interrupted."""
    try:
        taken = watch(store_root(), folder, load_catalogue(), click.echo, seconds=seconds, once=once, accept=accept)
    except KeyboardInterrupt:
        click.echo("已停止监视。")
        return
    click.echo(f"共处理 {taken} 个文件。")


@cli.command("alias", help="登记镇街或部门的别名（曾用名），可写有效期；以后导入时自动认出。")
@click.argument("alias")
@click.argument("name")
@click.option("--from", "valid_from", default="", help="自哪一天起（如 2024-03-01）。")
@click.option("--to", "valid_to", default="", help="到哪一天止。")
@click.option("--document", default="", help="依据的文件。")
def add_alias(alias: str, name: str, valid_from: str, valid_to: str, document: str) -> None:
    """Remember a name a town or department bears or bore."""
    catalogue = load_catalogue()
    kind = "town" if name in catalogue.town_names.values() else "department"
    dates = [_day(text) for text in (valid_from, valid_to)]
    confirm_alias(store_root(), Alias(kind, alias, name, dates[0], dates[1], document), catalogue)
    click.echo(f"已登记：“{alias}”即“{name}”。")


@cli.command(help="列出镇街和部门的别名（曾用名）及其有效期；要更正，改所示的文件。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def aliases(as_json: bool) -> None:
    """Print every dated name of a town or department."""
    path = aliases_path(store_root())
    known = load_catalogue().with_aliases(path).aliases
    if as_json:
        click.echo(as_json_text({"aliases": [asdict(alias) for alias in known]}))
        return
    for alias in known:
        dates = f"{alias.valid_from or '始终'} 至 {alias.valid_to or '今'}"
        click.echo(f"{alias.alias} 即 {alias.name}，{dates}" + (f"，{alias.document}" if alias.document else ""))
    click.echo(f"共 {len(known)} 个，记在 {path}。")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UnknownName(f"看不懂日期“{text}”，请写成 2024-03-01。") from error
