"""Reading the next piece of a file while the one before is being cleaned."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Generator[Item]:
    """Return the same items in the same order, the next one worked out by a thread of its own meanwhile.

    An error of the iterator is raised where its item would have come. The thread ends with this iterator.
    """
    over = object()
    with ThreadPoolExecutor(1, thread_name_prefix="reading ahead") as reader:
        coming = reader.submit(next, items, over)
        while (item := coming.result()) is not over:
            coming = reader.submit(next, items, over)
            yield item  # type: ignore[misc] # what is not the mark of the end is an item
