"""What each command of the command line does and prints."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click

from kpi import demo, engine, intake
from kpi.calendar import DEMO_TODAY, parse_period
from kpi.catalogue import Catalogue
from kpi.catalogue import load as load_catalogue
from kpi.engine import report
from kpi.errors import ImportRefused, KpiError, UnknownName
from kpi.measure import Source, digits, scorecard, with_unit
from kpi.store import DEMO, NAMES, REAL, activate, active_dataset, current, store_root


class Sentence(click.Command):
    """A command that says what went wrong in one sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Bring the data in line with the catalogue, run the command; a KpiError becomes its sentence, exit code 1."""
        try:
            for dataset in engine.upgrade(store_root(), load_catalogue()):
                click.echo(f"{NAMES[dataset]}已按现行的业务与度量定义更新。", err=True)
            return super().invoke(ctx)
        except (KpiError, OSError) as failure:
            error = failure if isinstance(failure, KpiError) else f"文件读写失败，请检查路径和权限：{failure}"
            if ctx.params.get("as_json"):
                click.echo(_as_json({"error": str(error)}))
            click.echo(str(error), err=True)
            ctx.exit(1)


class Commands(click.Group):
    """The group of all commands."""

    command_class = Sentence


@click.group(cls=Commands, help="政务服务效能看板的命令行。")
def cli() -> None:
    """Hold the commands together."""


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
        click.echo(_as_json({"files": results}))
    else:
        for result in results:
            click.echo(report.sentence(result))
    if any(result["outcome"] == "refused" for result in results):
        sys.exit(1)


@cli.command(help="列出全部批次。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def batches(as_json: bool) -> None:
    """Print every batch, newest first."""
    frame = current().batches()
    if as_json:
        click.echo(_as_json({"dataset": active_dataset(store_root()), "batches": frame.to_dicts()}))
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
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def refused(batch: int | None, path: Path | None, as_json: bool) -> None:
    """Print or save refused rows with their reasons."""
    if batch is not None and batch not in current().batches()["batch"]:
        raise UnknownName(f"没有批次 {batch}，可用的批次见 python -m kpi batches。")
    frame = current().refused(batch)
    if path is not None:
        path.write_bytes(report.refused_csv(frame))
        click.echo(f"已把 {frame.height} 行写到 {path}")
    elif as_json:
        click.echo(_as_json({"refused": frame.to_dicts()}))
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
        click.echo(_as_json({"undone": batch, "subject": subject, "generation": current().number}))
    else:
        click.echo(f"批次 {batch}（{catalogue.subjects[subject].name}）已撤销。")
        if active_dataset(store_root()) != before:
            click.echo("正式数据已没有有效批次，看板已切回演示数据。")


@cli.command("scorecard", help="输出某一时段的指标实绩、目标与状态。")
@click.option("--period", required=True, help="2023、2023-Q4、2023-12、2023-W48 或 2023-12-03。")
@click.option("--metric", "metrics", multiple=True, help="只要这些指标（可重复）。")
@click.option("--by", default=None, help="按维度拆分，如 town、department。")
@click.option("--where", "conditions", multiple=True, help="只看某个成员，如 town=多祝镇（可重复）。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def scorecard_command(
    period: str, metrics: Sequence[str], by: str | None, conditions: Sequence[str], as_json: bool
) -> None:
    """Print the scorecard of one period."""
    generation = current()
    source = Source(generation, load_catalogue(demo=generation.is_demo))
    frame = scorecard(source, parse_period(period), list(metrics) or None, by, _where(conditions))
    if as_json:
        head = {
            "dataset": generation.dataset,
            "dataset_name": NAMES[generation.dataset],
            "generation": generation.number,
            "period": parse_period(period).key,
            "period_label": parse_period(period).label,
            "as_of": generation.as_of,
            "rows": frame.to_dicts(),
        }
        click.echo(_as_json(head))
        return
    click.echo(f"{NAMES[generation.dataset]} · {parse_period(period).label} · 数据截至 {generation.as_of}")
    for row in frame.iter_rows(named=True):
        click.echo(_scorecard_line(row))


@cli.command(help="列出全部指标及其口径。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def metrics(as_json: bool) -> None:
    """Print every metric of the catalogue."""
    catalogue = load_catalogue()
    if as_json:
        click.echo(_as_json({"metrics": [asdict(metric) for metric in catalogue.metrics.values()]}))
        return
    for metric in catalogue.metrics.values():
        click.echo(f"{metric.key:<28}{metric.name}（{metric.unit}）：{metric.definition}")


@cli.command("demo", help="生成演示年份的导出文件，并经由正式的导入程序装入。")
@click.option(
    "--export", "folder", default=None, type=click.Path(path_type=Path), help="只把导出文件写到该文件夹，不导入。"
)
def demo_command(folder: Path | None) -> None:
    """Write the demonstration's export files and import every one of them."""
    if folder is not None:
        click.echo(f"已写出 {len(demo.write_exports(folder, _progress('生成演示文件')))} 个文件到 {folder}")
        return
    root, catalogue = store_root(), load_catalogue()
    if (root / DEMO / "current").exists():
        activate(root, DEMO)
        click.echo("演示数据已经建好，已切换为演示数据。")
        return
    with tempfile.TemporaryDirectory() as scratch:
        paths = demo.write_exports(Path(scratch), _progress("生成演示文件"))
        show = _progress("导入演示数据")
        imported_at = datetime.combine(DEMO_TODAY, time(9, 0))
        with engine.publishing(root, DEMO, catalogue, imported_at) as publication:
            for position, path in enumerate(paths):
                publication.add(intake.stage(path.read_bytes(), path.name, catalogue, today=DEMO_TODAY))
                show(position + 1, len(paths), path.name)
    activate(root, DEMO)
    click.echo("演示数据已建好，全部界面均标注“演示数据”。")


@cli.command(help="切换看板使用的数据：real 正式数据，demo 演示数据。")
@click.argument("dataset", type=click.Choice([REAL, DEMO]))
def use(dataset: str) -> None:
    """Show the named dataset from now on."""
    activate(store_root(), dataset)
    click.echo(f"看板已切换为{NAMES[dataset]}。")


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


def _scorecard_line(row: dict[str, Any]) -> str:
    value = with_unit(row["value"], row["unit"], row["decimals"])
    member = f" · {row['member']}" if row["member"] else ""
    parts = "" if row["denominator"] is None else f"（{digits(row['numerator'])}/{digits(row['denominator'])}）"
    return f"{row['status']:<5}{row['name']}{member}  {value}{parts}  {row['target_text']}  {row['signal']}"


def _where(conditions: Sequence[str]) -> dict[str, str]:
    where = {}
    for condition in conditions:
        name, equals, member = condition.partition("=")
        if not equals:
            raise UnknownName(f"筛选条件“{condition}”应写成 维度=成员，例如 town=多祝镇。")
        if name in where:
            raise UnknownName(f"筛选条件“{name}”写了两次，每个维度只能写一次。")
        where[name] = member
    return where


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


def _as_json(value: Any) -> str:
    def plain(item: Any) -> Any:
        if isinstance(item, date | datetime):
            return item.isoformat()
        raise TypeError(f"cannot print {type(item).__name__} as JSON")

    return json.dumps(value, ensure_ascii=False, default=plain, indent=1)
