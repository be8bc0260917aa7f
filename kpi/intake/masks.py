"""Masking of personal data before anything is stored; masking twice changes nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "尉迟", "皇甫", "令狐", "长孙", "慕容", "司徒", "夏侯"}
    | {"公孙", "轩辕", "钟离", "宇文", "独孤", "南宫", "端木", "百里", "公羊", "申屠", "澹台"}
)
PHONE_IN_TEXT = re.compile(r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
IDENTITY = re.compile(r"\d{17}[\dXx]")
LONG_DIGITS = re.compile(r"\d{7,}[Xx]?")
MOBILE = re.compile(r"\d{3}[\d*]{4}\d{4}")
HIDDEN = "***"


def mask_name(name: str) -> str:
    """Return the surname followed by one star per further character: 张* and 欧阳**."""
    kept = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return name[:kept] + "*" * (len(name) - kept)


def mask_phone(phone: str) -> str:
    """Return a mobile number as 138****1234; of anything else only the last four characters show."""
    if MOBILE.fullmatch(phone):
        return f"{phone[:3]}****{phone[7:]}"
    shown = phone[-4:] if len(phone) > 4 and phone[-4:].isdigit() else ""
    return "*" * (len(phone) - len(shown)) + shown


def mask_id_number(number: str) -> str:
    """Return the area code and last four characters of an identity number; shorter numbers vanish entirely."""
    if len(number) < 15:
        return "*" * len(number)
    return number[:6] + "*" * (len(number) - 10) + number[-4:]


def mask_free_text(text: str) -> str:
    """Return ``text`` with telephone numbers and every run of seven or more digits replaced by ***."""
    return PHONE_IN_TEXT.sub(HIDDEN, LONG_DIGITS.sub(HIDDEN, text))


def mask_numbers(text: str) -> str:
    """Return ``text`` with mobile and identity numbers hidden, whatever column they stand in and however wide."""
    narrow = unicodedata.normalize("NFKC", text)
    hidden = PHONE_IN_TEXT.sub(HIDDEN, IDENTITY.sub(HIDDEN, narrow))
    return text if hidden == narrow else hidden


MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "phone": mask_phone,
    "id_number": mask_id_number,
    "free_text": mask_free_text,
}
