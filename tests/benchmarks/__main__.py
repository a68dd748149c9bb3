"""What speed costs and gives, in one table: `python tests/benchmarks`.

Needs a POSIX system. The corpus is a folder of real notebooks (`--corpus`); without one, those figures are made with
generated notebooks. Every run is a process of its own; of several runs the one counts that took the processors least.
`--only` takes some of the groups, `--scale` makes everything smaller, and `--sample` says from how many notebooks the
corpus is multiplied (0: from all). A figure that misses its goal is marked `!`. No test holds times: machines differ.
"""

# The helpers of the tests are found by path.
# ruff: noqa: E402, T201

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from benchmarks import shapes
from benchmarks.measuring import Cost, best, make, run
from notebooks import notebook

_CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
_EDITS = 30
# Bytes: a line of 50 MB, 100,000 outputs, a million constants, 10,000 tokens.
_SIZES = {
    "one line: a literal": 50e6, "one line: an output": 50e6, "outputs": 6e6, "constants: numbers": 3e6,
    "findings: tokens in one literal": 4e5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A line of the table. `goal` is the most that it should be."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    note: str = ""

    def __str__(self) -> str:
        missed = "!" if self.goal is not None and self.value > self.goal else " "
        goal = "" if self.goal is None else f"≤ {self.goal:g}"
        return f"{missed} {self.name:44}{self.value:10.3f} {self.unit:10}{goal:8} {self.note}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where the files are, and how much is measured."""

    folder: Path
    corpus: list[Path]
    runs: int
    sample: int
    scale: float

    def best(self, *arguments: str, runs: int | None = None) -> Cost:
        return best(*arguments, folder=self.folder, runs=runs or self.runs)

    def scan(self, *paths: Path, runs: int | None = None) -> Cost:
        return self.best("scan", "--no-cache", "--isolated", "--format", "json", *map(str, paths), runs=runs)

    def file(self, name: str, function: Callable[..., bytes], *arguments: object) -> Path:
        return make(self.folder / name, lambda: [function(*arguments)])

    def scaled(self, number: float) -> int:
        return max(1, int(number * self.scale))


def start(bench: Bench) -> Iterator[Figure]:
    yield Figure(name="--version", value=bench.best("--version").cpu, unit="s CPU", goal=0.1)
    books = [bench.file(f"ordinary-{n}.ipynb", shapes.ordinary, 40 + n) for n in range(5)]
    yield Figure(name="one notebook of 40 cells", value=bench.scan(books[0]).cpu, unit="s CPU", goal=0.25)
    yield Figure(name="five of them", value=bench.scan(*books).cpu, unit="s CPU", goal=0.4)


def corpus(bench: Bench) -> Iterator[Figure]:
    common = Path(bench.corpus[0].anchor, *_shared_parts(bench.corpus))
    files = f"{len(bench.corpus)} notebooks, {sum(path.stat().st_size for path in bench.corpus) / 1e6:.0f} MB"
    cold = bench.scan(common)
    yield Figure(name="corpus, cold: on the clock", value=cold.wall, unit="s", note=files)
    yield Figure(name="corpus, cold: processors", value=cold.cpu, unit="s CPU")
    yield Figure(name="corpus, cold: largest process", value=cold.peak, unit="MB", goal=150)
    arguments = ("scan", "--isolated", "--format", "json", str(common))
    run(*arguments, folder=bench.folder)
    warm = bench.best(*arguments)
    yield Figure(name="corpus, warm: on the clock", value=warm.wall, unit="s")
    yield Figure(name="corpus, warm: part of the cold one", value=warm.wall / cold.wall, unit="", goal=0.15)
    yield Figure(name="corpus, warm: largest process", value=warm.peak, unit="MB", goal=150)


def _shared_parts(paths: list[Path]) -> list[str]:
    parts = [path.parent.parts[1:] for path in paths]
    shared = 0
    while all(len(each) > shared and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    return list(parts[0][:shared])


def memory(bench: Bench) -> Iterator[Figure]:
    path = make(bench.folder / "large.ipynb", lambda: shapes.large(200 * bench.scale))
    size = path.stat().st_size / 1e6
    cost = bench.scan(path, runs=1)
    path.unlink()
    yield Figure(name=f"a notebook of {size:.0f} MB: memory", value=cost.peak / size, unit="× file", goal=4)
    yield Figure(name=f"a notebook of {size:.0f} MB: time", value=cost.cpu / size, unit="s CPU/MB", goal=2)


def editing(bench: Bench) -> Iterator[Figure]:
    """In this process, as an editor does it: a cell in the middle changes, and all is said anew."""
    from jupyter_mlsecops.cache import MemoryCache
    from jupyter_mlsecops.export import file_result
    from jupyter_mlsecops.lint import lint

    count = bench.scaled(1000)
    cells = [shapes.ordinary_cell(number) for number in range(count)]
    cache = MemoryCache()

    def timed(given: MemoryCache | None, edit: int) -> tuple[float, float]:
        edited = cells[count // 8 * 4]
        content = notebook(
            *cells[: count // 8 * 4],
            edited | {"source": f"{edited['source']}\nx = {edit}"},
            *cells[count // 8 * 4 + 1 :],
        )
        before = time.process_time()
        report = lint(content, path="a.ipynb", cache=given)
        between = time.process_time()
        file_result(report)
        return 1e3 * (between - before), 1e3 * (time.process_time() - between)

    timed(None, 0)
    yield Figure(name=f"{count} cells: checked from scratch", value=timed(None, 1)[0], unit="ms CPU")
    timed(cache, 0)
    times = sorted(timed(cache, edit) for edit in range(1, _EDITS))
    yield Figure(name=f"{count} cells: one edited", value=times[len(times) // 2][0], unit="ms CPU", goal=10)
    wires = sorted(wire for _, wire in times)
    yield Figure(name=f"{count} cells: one edited, to the wire form", value=wires[len(wires) // 2], unit="ms CPU")


def growth(bench: Bench) -> Iterator[Figure]:
    """What a cell costs: the same however many there are."""
    empty = bench.scan(bench.file("empty.ipynb", notebook)).cpu
    for count in (10, 100, 1000, 10_000):
        cells = bench.scaled(count)
        cost = bench.scan(bench.file("grown.ipynb", shapes.ordinary, cells))
        value = 1e3 * (cost.cpu - empty) / cells
        yield Figure(name=f"a notebook of {cells} cells", value=value, unit="ms CPU/cell", note="without the start")
    paths = (
        random.Random(1).sample(bench.corpus, min(bench.sample, len(bench.corpus))) if bench.sample else bench.corpus
    )
    for times in (1, 4, 16):
        with tempfile.TemporaryDirectory(dir=bench.folder) as name:
            cells = shapes.changed_copies(paths, times, Path(name))
            cost = bench.scan(Path(name), runs=1)
        value = 1e3 * (cost.cpu - empty) / cells
        note = f"{len(paths)} notebooks, largest process {cost.peak:.0f} MB"
        yield Figure(name=f"corpus × {times}, changed", value=value, unit="ms CPU/cell", note=note)


def hostile(bench: Bench) -> Iterator[Figure]:
    """Each shape at two megabytes, or at a size of its own. What ends as a problem in good time is bounded, too."""
    empty = bench.scan(bench.file("empty.ipynb", notebook)).cpu
    for name, made in shapes.HOSTILE.items():
        path = bench.file("hostile.ipynb", made, bench.scaled(_SIZES.get(name, 2e6)))
        cost = bench.scan(path, runs=1)
        megabytes = path.stat().st_size / 1e6
        problems = json.loads(cost.printed.read_bytes())["problems"] if cost.code == 2 else []
        notes = [f"{megabytes:.1f} MB, {cost.peak:.0f} MB of memory", *(each["message"] for each in problems)]
        value = (cost.cpu - empty) / megabytes
        yield Figure(name=name, value=value, unit="s CPU/MB", goal=2, note="; ".join(notes))


GROUPS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "start": start, "corpus": corpus, "memory": memory, "growth": growth, "hostile": hostile, "editing": editing,
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=_CORPUS, metavar="FOLDER")
    parser.add_argument("--only", default=",".join(GROUPS), metavar="GROUP,…", help=", ".join(GROUPS))
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--sample", type=int, default=200, metavar="N")
    parser.add_argument("--scale", type=float, default=1.0, metavar="FACTOR")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "work")
        folder.mkdir()
        found = sorted(options.corpus.rglob("*.ipynb")) if options.corpus.is_dir() else []
        bench = Bench(
            folder=folder,
            corpus=found or _made_corpus(folder, max(2, int(300 * options.scale))),
            runs=options.runs,
            sample=options.sample,
            scale=options.scale,
        )
        run("scan", str(bench.file("first.ipynb", shapes.ordinary, 50)), folder=folder)  # compiles what it imports
        for group in options.only.split(","):
            print(f"\n{group}", flush=True)
            for figure in GROUPS[group](bench):
                print(figure, flush=True)
    return 0


def _made_corpus(folder: Path, count: int) -> list[Path]:
    made = folder / "corpus"
    made.mkdir()
    paths = [made / f"{number:04}.ipynb" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(shapes.ordinary(20 + number % 40))
    return paths


if __name__ == "__main__":
    sys.exit(main())
