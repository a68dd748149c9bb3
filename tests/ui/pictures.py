"""Takes the README's pictures of JupyterLab: `python tests/ui/pictures.py`. Needs pillow beside what the tests need."""

# The helpers of the tests are found by path.
# ruff: noqa: E402, T201

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import driving
import servers
import tokens
from driving import expect
from notebooks import code, markdown, notebook, stream
from PIL import Image

FOLDER = Path(__file__).parents[2] / "examples"
EDITING, SCANNING = FOLDER / "jupyterlab.png", FOLDER / "jupyterlab-folder.png"
COLORS = 160
SIZE = {"width": 1400, "height": 700}


def main() -> None:
    with tempfile.TemporaryDirectory() as base, driving.sync_playwright() as playwright:
        server = servers.JupyterServer(Path(base))
        server.start()
        browser = playwright.chromium.launch(executable_path=driving.chromium(), args=driving.FLAGS)
        try:
            write(server)
            page = driving.NotebookPage(browser.new_page(viewport=SIZE), "lab")
            page.page.goto(f"{server.url}lab/tree/churn/train.ipynb?reset&token={server.token}")
            editing(page)
            save(page, EDITING)
            scanning(page)
            save(page, SCANNING)
        finally:
            browser.close()
            server.stop()


def write(server) -> None:
    """A small project as people have them."""
    key = tokens.make("github")
    cells = [
        markdown("# Churn: train on last month's features"),
        "%pip install torch>=2 pandas",
        "import os\nimport pandas as pd\nimport torch\nfrom urllib.request import urlretrieve",
        code("print(os.environ)", outputs=[stream(f"environ({{'GITHUB_TOKEN': '{key}', 'LANG': 'C.UTF-8'}})\n")]),
        (
            'urlretrieve("https://models.example.org/churn.pt", "churn.pt")\n'
            'model = torch.load("churn.pt", weights_only=False)\nmodel.eval()'
        ),
        'frame = pd.read_parquet("features.parquet")\nscores = model(torch.tensor(frame.values))',
    ]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = notebook(*cells, metadata=spec)
    folder = server.root / "churn"
    folder.mkdir()
    (folder / "train.ipynb").write_bytes(content)
    server.trust(content)
    for example in FOLDER.glob("*.ipynb"):
        (folder / example.name).write_bytes(example.read_bytes())


def editing(page) -> None:
    """The card of a mark, with the panel beside it."""
    page.notebook.locator(".jp-Cell").first.wait_for()
    page.wait_for_kernel()
    page.open_panel()
    expect(page.rows.nth(3)).to_be_visible()
    page.cell(4).locator(".cm-content").click()
    page.card(page.marks(4).filter(has_text="load").first)


def scanning(page) -> None:
    """The result of a scan of the folder."""
    page.page.mouse.move(5, 5)
    page.run_command("jupyter-mlsecops:scan-folder", {"path": "churn"})
    scan = page.page.locator(".jp-mlsecops-scan")
    expect(scan.get_by_role("status").first).to_contain_text("scanned")
    expect(page.page.locator(".jp-mlsecops-card")).to_have_count(0)


def save(page, file: Path) -> None:
    """Few colours: a picture of flat areas needs no more."""
    picture = Image.open(io.BytesIO(page.page.screenshot()))
    picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
