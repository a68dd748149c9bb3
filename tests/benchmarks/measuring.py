"""Runs commands and says what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# What the console script does, with the package of this checkout, whichever is installed.
_PROGRAM = "import sys; from jupyter_mlsecops.entrypoints.cli import main; sys.exit(main())"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds on the clock and of the processors, megabytes of the largest process, exit code and what was printed."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str


def run(*arguments: str, folder: Path) -> Cost:
    """Run our command once in a folder; what it keeps, it keeps beside that."""
    kept = folder.parent / "kept"
    kept.mkdir(exist_ok=True)
    environment = os.environ | {
        "XDG_CACHE_HOME": str(kept),
        "PYTHONPATH": str(_ROOT),
        "PYTHONPYCACHEPREFIX": str(kept / "compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-P", "-c", _PROGRAM, *arguments]
    with (kept / "printed").open("w+b") as output, (kept / "said").open("w+b") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=errors, cwd=folder)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode not in {0, 1, 2}:
            raise RuntimeError(errors.read().decode("utf-8", "replace"))
        printed = output.read().decode()
    return Cost(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
        code=child.returncode,
        output=printed,
    )


def best(*arguments: str, folder: Path, runs: int) -> Cost:
    """The run of several that took the processors least: what else goes on only ever adds."""
    return min((run(*arguments, folder=folder) for _ in range(runs)), key=lambda cost: cost.cpu)
