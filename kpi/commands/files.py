"""Commands about what came in: batches, refused rows, undo, kept files, the demonstration, which data are shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from kpi import demo, engine
from kpi.catalogue import load as load_catalogue
from kpi.commands.group import as_json_text, as_of_option, cli, past_day, waiting
from kpi.engine import report
from kpi.errors import UnknownName
from kpi.measure import open_source, restated, with_unit
from kpi.store import DEMO, NAMES, REAL, Generation, activate, active_dataset, current, store_root
from kpi.store.raw import keep_days


@cli.command(help="列出全部批次。")
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def batches(as_of: str | None, as_json: bool) -> None:
    """Print every batch, newest first."""
    frame = _generation(as_of).batches()
    if as_json:
        click.echo(as_json_text({"dataset": active_dataset(store_root()), "batches": frame.to_dicts()}))
        return
    for row in frame.iter_rows(named=True):
        skipped = sum(json.loads(row["skipped"]).values())
        state = "有效" if row["in_force"] else f"已于 {row['undone_at']:%Y-%m-%d %H:%M} 撤销"
        click.echo(
            f"{row['batch']:>5}  {row['imported_at']:%Y-%m-%d %H:%M}  {row['file_name']}  读取 {row['rows_read']}"
            f" = 新增 {row['new']} + 变更 {row['changed']} + 相同 {row['same']} + 较旧 {row['older']}"
            f" + 拒收 {row['refused']} + 略过 {skipped}，撤下 {row['withdrawn']}  {state}"
        )


@cli.command(help="列出被拒收的行及原因；给出批次号时只列该批次。")
@click.argument("batch", type=int, required=False)
@click.option("--all", "every", is_flag=True, help="连同已更正的行。")
@click.option("--csv", "path", default=None, type=click.Path(path_type=Path), help="写成 CSV 文件，改好后可重新导入。")
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def refused(batch: int | None, path: Path | None, every: bool, as_of: str | None, as_json: bool) -> None:
    """Print or save refused rows with their reasons."""
    generation = _generation(as_of)
    if batch is not None and batch not in generation.batches()["batch"]:
        raise UnknownName(f"没有批次 {batch}，可用的批次见 python -m kpi batches。")
    frame = generation.refused(batch)
    if not every:
        frame = frame.filter(frame["resolved_by"].is_null())
    if path is not None:
        path.write_bytes(report.refused_csv(frame))
        click.echo(f"已把 {frame.height} 行写到 {path}")
    elif as_json:
        click.echo(as_json_text({"refused": frame.to_dicts()}))
    else:
        for row in frame.iter_rows(named=True):
            state = f"（已由批次 {row['resolved_by']} 更正）" if row["resolved_by"] else ""
            where = f"批次 {row['batch']} · {row['file_name']} 第 {row['line']} 行"
            click.echo(f"{where} · {row['rule']}：{row['reason']}{state}")


@cli.command(help="列出已发布后又被更正的周数：由多少改为多少，哪一批，何时；给出批次号时只列该批次。")
@click.argument("batch", type=int, required=False)
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def restatements(batch: int | None, as_of: str | None, as_json: bool) -> None:
    """Print weekly figures that a later batch or an undo changed, the newest correction first."""
    source = open_source(past_day(as_of))
    if batch is not None and batch not in source.generation.batches()["batch"]:
        raise UnknownName(f"没有批次 {batch}，可用的批次见 python -m kpi batches。")
    frame = restated(source, batch)
    if as_json:
        click.echo(as_json_text({"restatements": frame.to_dicts()}))
        return
    for row in frame.iter_rows(named=True):
        before, after = (with_unit(row[name], row["unit"], row["decimals"]) for name in ("before", "after"))
        how = "撤销" if row["is_undo"] else "导入"
        click.echo(
            f"{row['name']} · {row['label']} 由 {before} 改为 {after}"
            f"（批次 {row['batch']}“{row['file_name']}”，{row['at']:%Y-%m-%d %H:%M} {how}）"
        )
    if frame.is_empty():
        click.echo("没有已发布的周数被更正过。")


@cli.command(help="撤销一个批次，恢复它导入之前的数据。")
@click.argument("batch", type=int)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def undo(batch: int, as_json: bool) -> None:
    """Take one batch out of force."""
    catalogue = load_catalogue()
    before = active_dataset(store_root())
    subject = engine.undo(store_root(), batch, catalogue, waiting=waiting)
    if as_json:
        click.echo(as_json_text({"undone": batch, "subject": subject, "generation": current().number}))
    else:
        click.echo(f"批次 {batch}（{catalogue.subjects[subject].name}）已撤销。")
        if active_dataset(store_root()) != before:
            click.echo("正式数据已没有有效批次，看板已切回演示数据。")


@cli.command(help="删除超过保留期的原始文件，并在批次中记录。")
@click.option("--days", type=click.IntRange(min=0), default=None, help="保留天数；不写为 retention.toml 所定。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def purge(days: int | None, as_json: bool) -> None:
    """Remove the kept files of real batches whose time is up."""
    kept = keep_days() if days is None else days
    count = engine.purge_files(store_root(), load_catalogue(), kept, waiting)
    click.echo(
        as_json_text({"purged": count, "days": kept}) if as_json else f"已删除 {count} 个原始文件并记录在批次中。"
    )


@cli.command("demo", help="生成演示年份的导出文件，并经由正式的导入程序装入。")
@click.option(
    "--export", "folder", default=None, type=click.Path(path_type=Path), help="只把导出文件写到该文件夹，不导入。"
)
def demo_command(folder: Path | None) -> None:
    """Write the demonstration's export files and import every one of them."""
    if folder is not None:
        click.echo(f"已写出 {len(demo.write_exports(folder, _progress('生成演示文件')))} 个文件到 {folder}")
        return
    root = store_root()
    was_made = demo.build(root, load_catalogue(), _progress("生成演示文件"), _progress("导入演示数据"))
    activate(root, DEMO)
    click.echo(f"演示数据{'已建好，全部界面均标注“演示数据”' if was_made else '已经建好，已切换为演示数据'}。")


@cli.command(help="切换看板使用的数据：real 正式数据，demo 演示数据。")
@click.argument("dataset", type=click.Choice([REAL, DEMO]))
def use(dataset: str) -> None:
    """Show the named dataset from now on."""
    activate(store_root(), dataset)
    click.echo(f"看板已切换为{NAMES[dataset]}。")


def _generation(as_of: str | None) -> Generation:
    """Return the data now, or as they were known at the end of a past day."""
    day = past_day(as_of)
    return current() if day is None else engine.on_day(day, load_catalogue())


def _progress(what: str) -> Any:
    """Return a callback that redraws one progress line on a terminal, and prints every tenth step elsewhere."""
    is_terminal = sys.stderr.isatty()

    def show(done: int, total: int, name: str) -> None:
        if is_terminal:
            end = "\n" if done == total else ""
            click.echo(f"\r{what} {done}/{total}  {name[:40]:<40}", nl=False, err=True)
            click.echo(end, nl=False, err=True)
        elif done == total or done % max(1, total // 10) == 0:
            click.echo(f"{what} {done}/{total}", err=True)

    return show
