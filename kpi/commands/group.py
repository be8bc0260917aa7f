"""What the commands share: the group, errors as one sentence, JSON, a past day, conditions."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import click

from kpi import engine
from kpi.catalogue import load as load_catalogue
from kpi.errors import KpiError, UnknownName
from kpi.store import NAMES, store_root

_log = logging.getLogger(__name__)


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
                click.echo(as_json_text({"error": str(error)}))
            click.echo(str(error), err=True)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("\n已取消，没有完成的导入不会生效。", err=True)
            ctx.exit(1)
        except Exception:  # noqa: BLE001 whatever nobody foresaw is told by a number, with the traceback for who mends it
            number = uuid4().hex[:8]
            _log.exception("内部错误 %s", number)
            click.echo(f"内部错误 {number}：命令没有完成，请把编号和上面的记录交给管理员。", err=True)
            ctx.exit(1)


class Commands(click.Group):
    """The group of all commands."""

    command_class = Sentence


@click.group(cls=Commands, help="政务服务效能看板的命令行。")
def cli() -> None:
    """Hold the commands together."""


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json`` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="输出 JSON。")(command)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--as-of``: the command then answers with what was known at the end of that day."""
    words = "回看某一天（如 2023-12-09）：数据、目标、口径都以当天所知为准。"
    return click.option("--as-of", "as_of", default=None, help=words)(command)


def past_day(text: str | None) -> date | None:
    """Return the day ``--as-of`` names, None without one; UnknownName when it is no day."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnknownName(f"看不懂日期“{text}”，--as-of 请写成 2023-12-09。") from error


def conditions_of(conditions: Sequence[str]) -> dict[str, str]:
    """Return dimension → member of conditions written town=多祝镇; UnknownName where one is not."""
    where = {}
    for condition in conditions:
        name, equals, member = condition.partition("=")
        if not equals:
            raise UnknownName(f"筛选条件“{condition}”应写成 维度=成员，例如 town=多祝镇。")
        if name in where:
            raise UnknownName(f"筛选条件“{name}”写了两次，每个维度只能写一次。")
        where[name] = member
    return where


def as_json_text(value: Any) -> str:
    """Return plain values as JSON; days and moments as ISO 8601."""

    def plain(item: Any) -> Any:
        if isinstance(item, date | datetime):
            return item.isoformat()
        raise TypeError(f"cannot print {type(item).__name__} as JSON")

    return json.dumps(value, ensure_ascii=False, default=plain, indent=1)


def waiting(sentence: str) -> None:
    """Say on the error output that another import holds the store."""
    click.echo(sentence, err=True)
