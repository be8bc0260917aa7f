"""What a person must confirm before a file goes in: one name and one sentence each."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE_CONTENT = "含宏或外部内容"
HIDDEN_SHEET = "数据在隐藏的工作表"
SEVERAL_SHEETS = "多个工作表都是数据"
HIDDEN_ROWS = "有隐藏或筛选掉的行"
FILLED_DOWN = "合并单元格已向下填充"
TOTAL_DIFFERS = "合计与明细不一致"
EMPTY_PERIOD = "本期 0 件"
PADDED = "编号已补零"


@dataclass(frozen=True)
class Caution:
    """A thing that is probably right but only the sender can know: ``rule`` names it, ``text`` is one sentence."""

    rule: str
    text: str
