"""Whatever the bytes of a file, it is understood with every row accounted for, or refused in one sentence."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi.errors import ImportRefused
from kpi.intake import Reader, stage_apart
from kpi.intake.cautions import EMPTY_PERIOD
from tests.proof import IS_FULL, times
from tests.proof.broken import BYTE_CHANGES, GRID_CHANGES, KINDS, healthy
from tests.proof.exports import TODAY

LONGEST_SECONDS = 10.0
# The sentences that say that reading went wrong, not the file: for these small files none of them is an answer.
BREAKDOWNS = ("还没有读完", "中途退出", "内存不足", "内部错误")
UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe]")
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader(LONGEST_SECONDS)
    yield reader
    reader.stop()


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Counter[str]]:
    """Count what became of the files, and show it at the end."""
    counted: Counter[str] = Counter()
    yield counted
    print(dict(counted))


def understood(reader: Reader, content: bytes, name: str) -> str:
    """Return whether the file was staged or refused; AssertionError when neither was done as it should be."""
    try:
        item = stage_apart(content, name, today=TODAY, reader=reader)
    except ImportRefused as refusal:
        sentence = str(refusal)
        assert name in sentence
        assert sentence.endswith("。")
        assert sentence.count("。") == 1
        assert not UNSEEN.search(sentence), "a line break, a control character or one that turns the writing around"
        assert not any(breakdown in sentence for breakdown in BREAKDOWNS)
        return "refused"
    assert item.rows_read == item.rows.height + item.refused.height + sum(item.skipped.values())
    assert item.rows.height > 0 or EMPTY_PERIOD in {caution.rule for caution in item.cautions}
    return "staged"


def changes(known: list[Callable[..., Any]], most: int) -> st.SearchStrategy[list[tuple[Callable[..., Any], int]]]:
    return st.lists(st.tuples(st.sampled_from(known), SEEDS), max_size=most)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unbroken_file_of_every_kind_is_understood(reader: Reader, kind: str) -> None:
    for subject in ("rating", "ticket"):
        assert understood(reader, KINDS[kind](healthy(subject)), kind) == "staged"


# The ordinary run always tries the same files, so that it says the same everywhere.
@settings(
    max_examples=times(400, 20_000),
    deadline=None,
    derandomize=not IS_FULL,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.sampled_from(["rating", "ticket"]),
    st.sampled_from(list(KINDS)),
    changes(GRID_CHANGES, 3),
    changes(BYTE_CHANGES, 2),
)
def test_a_broken_file_is_accounted_for_or_refused_in_one_sentence(
    reader: Reader,
    outcomes: Counter[str],
    subject: str,
    kind: str,
    of_the_table: list[tuple[Callable[..., None], int]],
    of_the_bytes: list[tuple[Callable[..., bytes], int]],
) -> None:
    grid = healthy(subject)
    for change, seed in of_the_table:
        if grid:
            change(grid, random.Random(seed))
    content = KINDS[kind](grid)
    for change, seed in of_the_bytes:
        content = change(content, random.Random(seed))
    outcomes[f"{kind} {understood(reader, content, kind)}"] += 1
