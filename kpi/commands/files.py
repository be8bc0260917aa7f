"""Commands about files: import, batches, refused rows, undo, the demonstration, which data are shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from kpi import demo, engine, intake
from kpi.catalogue import Catalogue
from kpi.catalogue import load as load_catalogue
from kpi.commands.group import as_json_text, as_of_option, cli, past_day
from kpi.engine import report
from kpi.errors import ImportRefused, UnknownName
from kpi.store import DEMO, NAMES, REAL, Generation, activate, active_dataset, current, store_root


@cli.command("import", help="导入一个或多个导出文件；不加 --yes 时只预览。")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="预览后直接导入。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def import_files(files: Sequence[Path], yes: bool, as_json: bool) -> None:
    """Preview files, and on confirmation append each as one batch; exit code 1 when any was refused."""
    catalogue, root = load_catalogue(), store_root()
    results, staged = [], []
    for path in files:
        try:
            item = intake.stage(_content(path), path.name, catalogue)
            found = engine.preview(root, item, catalogue) if not yes else None
        except ImportRefused as refusal:
            results.append({"file": path.name, "outcome": "refused", "reason": str(refusal)})
            continue
        staged.append(item)
        if found is not None:
            results.append(report.previewed(item, found))
    if not yes and not as_json and staged:
        for result in results:
            click.echo(report.sentence(result))
        yes = click.confirm("确认导入", default=False)
        results = [result for result in results if result["outcome"] == "refused"]
    if yes and staged:
        results += _load(root, staged, catalogue)
    if as_json:
        click.echo(as_json_text({"files": results}))
    else:
        for result in results:
            click.echo(report.sentence(result))
    if any(result["outcome"] == "refused" for result in results):
        sys.exit(1)


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
        state = "有效" if row["in_force"] else f"已于 {row['undone_at']:%Y-%m-%d %H:%M} 撤销"
        click.echo(
            f"{row['batch']:>5}  {row['imported_at']:%Y-%m-%d %H:%M}  {row['file_name']}  新增 {row['new']}"
            f" · 变更 {row['changed']} · 相同 {row['same']} · 拒收 {row['refused']}  {state}"
        )


@cli.command(help="列出被拒收的行及原因；给出批次号时只列该批次。")
@click.argument("batch", type=int, required=False)
@click.option("--csv", "path", default=None, type=click.Path(path_type=Path), help="写成 CSV 文件，改好后可重新导入。")
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def refused(batch: int | None, path: Path | None, as_of: str | None, as_json: bool) -> None:
    """Print or save refused rows with their reasons."""
    generation = _generation(as_of)
    if batch is not None and batch not in generation.batches()["batch"]:
        raise UnknownName(f"没有批次 {batch}，可用的批次见 python -m kpi batches。")
    frame = generation.refused(batch)
    if path is not None:
        path.write_bytes(report.refused_csv(frame))
        click.echo(f"已把 {frame.height} 行写到 {path}")
    elif as_json:
        click.echo(as_json_text({"refused": frame.to_dicts()}))
    else:
        for row in frame.iter_rows(named=True):
            click.echo(f"批次 {row['batch']} · {row['file_name']} 第 {row['line']} 行 · {row['rule']}：{row['reason']}")


@cli.command(help="撤销一个批次，恢复它导入之前的数据。")
@click.argument("batch", type=int)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def undo(batch: int, as_json: bool) -> None:
    """Take one batch out of force."""
    catalogue = load_catalogue()
    before = active_dataset(store_root())
    subject = engine.undo(store_root(), batch, catalogue)
    if as_json:
        click.echo(as_json_text({"undone": batch, "subject": subject, "generation": current().number}))
    else:
        click.echo(f"批次 {batch}（{catalogue.subjects[subject].name}）已撤销。")
        if active_dataset(store_root()) != before:
            click.echo("正式数据已没有有效批次，看板已切回演示数据。")


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


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"文件“{path}”读不出来，请检查路径和权限。") from error


def _load(root: Path, staged: list[intake.Staged], catalogue: Catalogue) -> list[dict[str, Any]]:
    """Load demo and real files apart; a demo file beside real data is refused, the rest go in."""
    results: list[dict[str, Any]] = []
    for group in ([s for s in staged if s.is_demo], [s for s in staged if not s.is_demo]):
        if not group:
            continue
        try:
            loaded = engine.load(root, group, catalogue)
        except ImportRefused as refusal:
            results += [{"file": item.file_name, "outcome": "refused", "reason": str(refusal)} for item in group]
            continue
        for item, batch in zip(group, loaded, strict=True):
            results.append(report.imported(item, batch))
    return results


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
