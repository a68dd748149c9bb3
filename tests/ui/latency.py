"""How long after a keystroke a mark is painted: `python tests/ui/latency.py`.

In JupyterLab as it comes, with the default delay, which is taken off: what is left is what we and JupyterLab need. The
line that is typed stands in the first cell; the others are ordinary. MLSECOPS_UI_JUPYTER names another environment's
`jupyter`. The figures of a machine that does other things meanwhile are worth little.
"""

# The helpers of the tests are found by path.
# ruff: noqa: E402, T201

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import driving
import servers
from notebooks import notebook

ROOT = Path(__file__).parents[2]
BEFORE, AFTER = "import torch\nmodel = torch.loa", '("checkpoint.pt")'
_SETTLED = f"() => {{ {driving.NOTEBOOK} return notebook.widgets.every(cell => !cell.isPlaceholder()) }}"
# Resolves with the milliseconds from the next key to the frame after the one that has the mark.
_WATCH = """
    () => {
        const cell = document.querySelector('.jp-Notebook .jp-Cell');
        window.painted = new Promise(resolve => {
            let pressed;
            addEventListener('keydown', () => { pressed = performance.now(); }, { capture: true, once: true });
            const observer = new MutationObserver(() => {
                if (cell.querySelector('.jp-mlsecops-mark')) {
                    observer.disconnect();
                    requestAnimationFrame(() => {
                        const { port1, port2 } = new MessageChannel();
                        port1.onmessage = () => resolve(performance.now() - pressed);
                        port2.postMessage(0);
                    });
                }
            });
            observer.observe(cell, { childList: true, subtree: true, attributes: true });
        });
    }
"""
_ROUND_TRIPS = """
    () => performance.getEntriesByType('resource').filter(entry => entry.name.includes('/jupyter-mlsecops/lint'))
        .map(entry => entry.responseEnd - entry.requestStart)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[10, 300, 1000], help="sizes of notebooks")
    parser.add_argument("--samples", type=int, default=40, help="keystrokes measured in each")
    options = parser.parse_args()
    missing = servers.what_is_missing()
    if missing or driving.sync_playwright is None or driving.chromium() is None:
        parser.error(missing or "playwright (the Python package) and chromium are needed")
    print(f"{'milliseconds':14}{'keystroke to mark, less the delay':36}round trip of an edit")
    print(f"{'cells':14}{'median':12}{'p95':12}{'most':12}{'median':12}p95")
    with tempfile.TemporaryDirectory() as base:
        server = servers.JupyterServer(Path(base))
        server.start()
        try:
            with driving.sync_playwright() as playwright:
                for size in options.cells:
                    marks, trips = measure(playwright, server, size, options.samples)
                    figures = (statistics.median(marks), p95(marks), max(marks), statistics.median(trips), p95(trips))
                    print(f"{size:<14}" + "".join(f"{figure:<12.1f}" for figure in figures), flush=True)
        finally:
            server.stop()


def measure(playwright, server, size, samples):
    """Milliseconds from key to mark without the delay, and of the requests."""
    cells = [f"value_{number} = load({number})\nprint(value_{number}, value_{number} + 1)" for number in range(size)]
    cells[0] = f"{BEFORE}{AFTER}"
    content = notebook(*cells, metadata={"kernelspec": {"name": servers.STILL_KERNEL, "display_name": "Still"}})
    (server.root / f"{size}.ipynb").write_bytes(content)
    server.trust(content)
    browser = playwright.chromium.launch(executable_path=driving.chromium(), args=driving.FLAGS)
    try:
        page = driving.NotebookPage(browser.new_page(viewport=driving.SIZE), "lab")
        page.page.goto(f"{server.url}lab/tree/{size}.ipynb?reset&token={server.token}")
        page.notebook.locator(".jp-Cell").first.wait_for()
        page.page.wait_for_function(_SETTLED, timeout=180_000)
        page.click_into(0)
        for _ in AFTER:
            page.page.keyboard.press("ArrowLeft")
        times = [keystroke(page) for _ in range(samples + 3)][3:]
        return [time - delay() for time in times], page.page.evaluate(_ROUND_TRIPS)[-2 * samples :]
    finally:
        browser.close()


def keystroke(page):
    """One letter makes the line risky; taking it away again makes it harmless."""
    page.page.evaluate(_WATCH)
    page.page.keyboard.press("d")
    time = page.page.evaluate("() => window.painted")
    page.page.keyboard.press("Backspace")
    page.expect_marked(0)
    return time


def delay():
    schema = json.loads((ROOT / "labextension/schema/plugin.json").read_text("utf-8"))
    return schema["properties"]["delay"]["default"]


def p95(values):
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
