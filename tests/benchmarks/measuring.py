"""Runs commands and says what they cost."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# What the console script does, with the package of this checkout, whichever is installed.
_PROGRAM = "import sys; from jupyter_mlsecops.entrypoints.cli import main; sys.exit(main())"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds on the clock and of the processors, megabytes of the largest process, exit code, and what was printed."""

    wall: float
    cpu: float
    peak: float
    code: int
    printed: Path


def run(*arguments: str, folder: Path) -> Cost:
    """Run our command once in a folder; what it keeps, it keeps beside that.

    The memory is never less than that of this process, from which it descends: so this one has to stay small.
    """
    kept = folder.parent / "kept"
    kept.mkdir(exist_ok=True)
    environment = os.environ | {
        "XDG_CACHE_HOME": str(kept),
        "PYTHONPATH": str(_ROOT),
        "PYTHONPYCACHEPREFIX": str(kept / "compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-P", "-c", _PROGRAM, *arguments]
    printed, said = kept / "printed", kept / "said"
    with printed.open("wb") as output, said.open("wb") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=errors, cwd=folder)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in {0, 1, 2}:
        raise RuntimeError(said.read_text("utf-8", "replace"))
    return Cost(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
        code=child.returncode,
        printed=printed,
    )


def best(*arguments: str, folder: Path, runs: int) -> Cost:
    """The run of several that took the processors least: what else goes on only ever adds."""
    return min((run(*arguments, folder=folder) for _ in range(runs)), key=lambda cost: cost.cpu)


def make(path: Path, pieces: Callable[[], Iterable[bytes]]) -> Path:
    """Write a file in a process of its own, so that this one does not grow."""

    def write() -> None:
        with path.open("wb") as file:
            file.writelines(pieces())

    maker = multiprocessing.get_context("fork").Process(target=write)
    maker.start()
    maker.join()
    if maker.exitcode:
        raise RuntimeError(path.name)
    return path
