"""How long the editor waits after an edit of one cell: `python tests/benchmarks/server_round_trip.py`.

Measured from the request at the desk to the reply, through the pipe and a real worker; HTTP adds one or two milliseconds.
"""

# The helpers of the tests are found by path.
# ruff: noqa: E402

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "server")]

from editing import Editor
from notebooks import code, markdown, stream

from jupyter_mlsecops.server.desk import Desk
from jupyter_mlsecops.server.process import WorkerProcess
from jupyter_mlsecops.server.root import Root
from jupyter_mlsecops.server.tasks import SetUp

SIZES = (10, 300, 1000)
EDITS = 40
QUIET = (
    "import pandas as pd\nimport torch\ndf_# = pd.read_csv('data_#.csv')\ndf_#.head()",
    "def train_#(model, loader):\n    for batch in loader:\n        model(batch).sum().backward()\n    return model",
    "model_# = Net().cuda()\nmodel_#.load_state_dict(torch.load('m#.pt', weights_only=True))",
    "fig, ax = plt.subplots()\nax.plot(df_#['x'], df_#['y'])\nplt.show()",
)
LOUD = (*QUIET, "model_# = torch.load('m#.pt', weights_only=False)", "!pip install -q numpy pandas")


def cell(number: int, sources: tuple[str, ...]) -> dict[str, Any]:
    if number % 4 == 3:
        return markdown(f"## Section {number}\n\nWith a [link](https://example.org/{number}).")
    source = sources[number % len(sources)].replace("#", str(number))
    return code(source, outputs=[stream(f"epoch {number}: loss 0.{number}\n" * 5)])


async def measure(size: int, sources: tuple[str, ...], pool: ThreadPoolExecutor) -> str:
    limits = SetUp(max_sessions=8, max_kept_bytes=10**9, max_document=10**9, patience=600.0)
    worker = WorkerProcess(limits, pool)
    desk = Desk(lambda: worker, time_limit=60.0)
    editor = Editor.of(*(cell(number, sources) for number in range(size)))
    edited = f"c{size // 8 * 4}"
    source = editor.cells[edited]["source"]
    await worker.ready()
    times = []
    for edit in range(EDITS + 1):
        editor.cells[edited] = code(f"{source}\nx = {edit}")
        body = editor.body()
        start = time.perf_counter()
        answer = await desk.lint("a-session", body, Root(folder="", allow_hidden=False))
        times.append(1000 * (time.perf_counter() - start))
        assert answer.status == 200
        await asyncio.sleep(0.1)  # nobody types faster
    await desk.stop()
    first, *others = times
    p95 = sorted(others)[int(0.95 * len(others))]
    return f"{size:>6}{first:>10.1f}{statistics.median(others):>10.1f}{p95:>10.1f}{len(answer.body):>12,}"


async def main() -> None:
    with ThreadPoolExecutor(1) as pool:
        for name, sources in (("no findings", QUIET), ("a finding in every fourth cell", LOUD)):
            sys.stdout.write(f"{name}\n{'cells':>6}{'first':>10}{'median':>10}{'p95':>10}{'bytes':>12}   (ms)\n")
            for size in SIZES:
                sys.stdout.write(await measure(size, sources, pool) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
