"""How the same word is spelled in different exports, folded to one form."""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = "\u200b\u200c\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
EMPTY_WORDS = frozenset({"", "-", "--", "—", "——", "–", "/", "\\", "无", "n/a", "null", "none", "nan"})
SPACE = re.compile(r"\s+")
LONGEST_NAME = 120
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]")
DECORATION = re.compile(r"[\s*★:：]+")
BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
WRAPPED = re.compile(r'=?"(.*)"|=?“(.*)”', re.DOTALL)

_without_invisible = str.maketrans("", "", INVISIBLE)


def tidy(text: str) -> str:
    """Return ``text`` without surrounding space, invisible marks and the wrappers that keep numbers as text.

    Visible characters inside are left as they are, so it suits names and free text.
    """
    bare = text.translate(_without_invisible).strip()
    if match := WRAPPED.fullmatch(bare):
        bare = (match[1] or match[2] or "").strip()
    return bare.lstrip("'‘’").strip()


def fold(text: str) -> str:
    """Return ``text`` tidied and with full-width letters, digits and signs made half-width (NFKC)."""
    return tidy(unicodedata.normalize("NFKC", text))


def quotable(text: str, most: int = 20) -> str:
    """Return ``text`` as it may stand between quotation marks in a sentence: one line, no full stop, not too long."""
    bare = CONTROL.sub(" ", tidy(text)).replace("。", "．")
    bare = SPACE.sub(" ", bare).strip()
    return bare if len(bare) <= most else bare[:most] + "…"


def is_empty(text: str) -> bool:
    """Say whether a tidied cell means "nothing": blank or one of the dash words."""
    return text.casefold() in EMPTY_WORDS


def header_key(text: str) -> str:
    """Return the form two spellings of one header share: NFKC, no space, no stars or colons, lower case."""
    return DECORATION.sub("", fold(text)).casefold()


def header_key_without_unit(text: str) -> str:
    """Return ``header_key`` with bracketed units and remarks left out: 延期天数(工作日) → 延期天数."""
    return BRACKETED.sub("", header_key(text))
