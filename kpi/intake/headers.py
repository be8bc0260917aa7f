"""Header rows: which of the first rows could be one, in all the spellings its cells may be known by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpi.intake.read import Candidate
from kpi.intake.spelling import header_key, header_key_without_unit, tidy

JOINT = "-"


@dataclass(frozen=True)
class HeaderRow:
    """One row read as a header: ``cells`` are the texts shown, ``short`` those without the heading above them."""

    row: int
    cells: tuple[str, ...]
    short: tuple[str, ...]

    def positions(self) -> dict[str, list[int]]:
        """Return every form of the cells' texts → the positions it stands at.

        An exact header wins over one with a unit, and both over one that lacks the heading above it.
        """
        positions: dict[str, list[int]] = {}
        for form in (header_key, header_key_without_unit):
            for texts in (self.cells, self.short):
                found: dict[str, list[int]] = {}
                for place, text in enumerate(texts):
                    found.setdefault(form(text), []).append(place)
                positions = {**found, **positions}
        positions.pop("", None)
        return positions


def header_rows(candidate: Candidate) -> Iterator[HeaderRow]:
    """Return every row of the head as a possible header; below merged cells with their heading: 来电人-姓名."""
    for row, cells in enumerate(candidate.head):
        short = tuple(tidy(cell) for cell in cells)
        if row == 0 or not candidate.spans:
            yield HeaderRow(row, short, short)
            continue
        above = _headings(candidate, row, len(short))
        joined = tuple(
            f"{heading}{JOINT}{text}" if heading and text else heading or text
            for heading, text in zip(above, short, strict=True)
        )
        alone = tuple(text or full for text, full in zip(short, joined, strict=True))
        yield HeaderRow(row, joined, alone)


def _headings(candidate: Candidate, row: int, width: int) -> list[str]:
    """Return for each column the merged heading that stands over it in the row above, or reaches down from there."""
    headings = [""] * width
    for top, left, height, span in candidate.spans:
        reaches_down = top < row < top + height
        stands_over = top + height == row and 1 < span < width
        if top < len(candidate.head) and left < len(candidate.head[top]) and (reaches_down or stands_over):
            text = tidy(candidate.head[top][left])
            for place in range(left, min(left + span, width)):
                headings[place] = text
    return headings
