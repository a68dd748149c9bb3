"""Scanning a folder from the file browser."""

import re

import pytest
from conftest import write_notebook
from driving import NotebookPage, expect

TORCH = 'torch.load("checkpoint.pt")'


@pytest.fixture
def project(server, folder):
    """Three notebooks, two of them with findings, one of these in a folder below; and one that is none."""
    write_notebook(server, f"{folder}/clean.ipynb", "1 + 1")
    write_notebook(server, f"{folder}/a.ipynb", "1 + 1", f"import torch\nmodel = {TORCH}")
    write_notebook(server, f"{folder}/below/b.ipynb", "import pickle\npickle.load(open('x.pkl', 'rb'))")
    (server.root / folder / "broken.ipynb").write_text("{")
    return folder


@pytest.fixture
def browse(open_page, server, app):
    def go(folder):
        return open_page(server, f"lab/tree/{folder}?reset" if app == "lab" else f"tree/{folder}")

    return go


def start_scan(page):
    page.page.locator(".jp-DirListing-item", has_text="clean.ipynb").wait_for()
    box = page.page.locator(".jp-DirListing-content").bounding_box()
    page.page.mouse.click(box["x"] + 40, box["y"] + box["height"] - 20, button="right")
    page.page.locator(".lm-Menu").get_by_text("Scan Folder for Security Findings").click()
    return page.page.locator(".jp-mlsecops-scan")


def test_from_the_menu_to_the_finding(browse, project, app):
    page = browse(project)
    with page.held("GET", "**/jupyter-mlsecops/scans/*"):
        scan = start_scan(page)
        expect(scan.get_by_role("progressbar")).to_be_visible()
    expect(scan.get_by_role("status").first).to_have_text(re.compile("4 files scanned, found: 1 medium, 1 low"))
    expect(scan.get_by_role("progressbar")).to_have_count(0)
    expect(scan).to_contain_text("1 thing could not be checked")
    files = scan.locator(".jp-mod-file")
    expect(files).to_have_text(["below/b.ipynb", "a.ipynb"])
    scan.get_by_role("columnheader", name="File").get_by_role("button").click()
    expect(files).to_have_text(["a.ipynb", "below/b.ipynb"])
    if app == "lab":
        files.first.click()
        page.wait_for_selection(TORCH)
        return
    with page.page.expect_popup() as popup:
        files.first.click()
    NotebookPage(popup.value, app).expect_marked(1, TORCH)
    popup.value.close()


def test_cancelling(browse, project):
    page = browse(project)
    with page.held("GET", "**/jupyter-mlsecops/scans/*"):
        scan = start_scan(page)
        expect(scan.get_by_role("progressbar")).to_be_visible()
        with page.page.expect_request(lambda request: request.method == "DELETE"):
            scan.get_by_role("button", name="Cancel").click()
    expect(scan.get_by_role("status").first).to_contain_text(re.compile("Cancelled|scanned"))
    expect(scan.get_by_role("button", name="Scan again")).to_be_visible()
