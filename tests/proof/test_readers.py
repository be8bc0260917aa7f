"""Whoever reads while imports and undos publish gets the answer of one generation, never an error, never a mixture."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event

from kpi import engine
from kpi.intake import Staged
from kpi.store import Generation, current
from tests.proof import times
from tests.proof.children import answer, answers, read_until_told, started
from tests.proof.exports import CATALOGUE, export, rating, staged, ticket

FIRST, LAST = date(2023, 6, 1), date(2023, 6, 30)
READERS = times(4, 20)


def pair(number: int) -> list[Staged]:
    """Return a file of ratings and one of tickets that change both subjects by as much, and only together."""
    exported_at = datetime(2024, 1, 1) + timedelta(minutes=number)
    days = [FIRST + timedelta(days=n % 30) for n in range(40)]
    ratings = [rating(number * 20 + n, day, (number + n) % 5 + 1) for n, day in enumerate(days)]
    tickets = [ticket(number * 20 + n, datetime(day.year, day.month, day.day, 9)) for n, day in enumerate(days)]
    return [
        staged(export(rows, FIRST, LAST, exported_at), f"{name}{number}.csv")
        for name, rows in (("好差评", ratings), ("工单", tickets))
    ]


def publish(root: Path, chance: random.Random, number: int, in_force: list[int]) -> None:
    """Import the pair of that number, or take a batch out of force."""
    if len(in_force) > 4 and chance.random() < 0.3:
        engine.undo(root, in_force.pop(chance.randrange(len(in_force))), CATALOGUE, "real")
    else:
        in_force += [loaded.batch or 0 for loaded in engine.load(root, pair(number), CATALOGUE)]


def kept(root: Path, folder: Path) -> Path:
    """Return a second name for the file of the generation in force, to ask it again when the store has let it go."""
    sealed = current(root, "real").path
    os.link(sealed, folder / sealed.name)
    return folder / sealed.name


def test_every_answer_is_that_of_one_published_generation(tmp_path: Path) -> None:
    """Publications follow one another without a pause, while every reader asks again and again."""
    chance, over, root = random.Random(3), Event(), tmp_path / "store"
    in_force: list[int] = []
    publish(root, chance, 0, in_force)
    sealed = [kept(root, tmp_path)]
    processes = [started(read_until_told, root) for _ in range(READERS // 2)]
    with ThreadPoolExecutor(READERS // 2) as threads:
        reading = [threads.submit(answers, root, over.is_set) for _ in range(READERS // 2)]
        try:
            for number in range(1, times(8, 50) + 1):
                publish(root, chance, number, in_force)
                sealed.append(kept(root, tmp_path))
        finally:
            over.set()
            for _, pipe in processes:
                pipe.send("over")
        read = [said for thread in reading for said in thread.result()]
    read += [said for _, pipe in processes for said in pipe.recv()]
    for process, _ in processes:
        process.join()
    expected = {generation.number: answer(generation) for generation in (Generation(path, "real") for path in sealed)}
    assert len(expected) == times(8, 50) + 1
    assert len(set(expected.values())) > len(expected) / 2, "the generations can be told apart"
    assert [(number, said) for number, said in read if said != expected.get(number)] == []
    assert len({number for number, _ in read}) > len(expected) / 2, "readers and publications took place together"
