"""A notebook of which JupyterLab draws a part only, as it comes out of the box."""

import pytest
from driving import expect

TORCH = 'torch.load("checkpoint.pt")'
CELLS = 300
FAR = 281


@pytest.fixture
def long_notebook(open_notebook):
    cells = [f"value_{number} = {number}\nprint(value_{number})" for number in range(CELLS)]
    cells[0] = "import torch"
    cells[FAR] = f"# The last one\nmodel = {TORCH}"
    page = open_notebook(*cells)
    page.open_panel()
    expect(page.rows).to_have_count(2)
    return page


def test_from_the_panel_to_a_far_finding(long_notebook):
    page = long_notebook
    page.open_panel()
    expect(page.rows.first).to_be_focused()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")
    page.wait_for_selection(TORCH)
    expect(page.notebook.locator(".jp-mlsecops-mark").first).to_be_in_viewport()


def test_marks_come_back_after_scrolling(long_notebook):
    page = long_notebook
    page.run_command("jupyter-mlsecops:next")
    page.wait_for_selection(TORCH)
    mark = page.notebook.locator(".jp-mlsecops-mark").first
    expect(mark).to_be_in_viewport()
    # At once: keys and wheels scroll smoothly, and go on while the next step is taken.
    page.notebook.locator(".jp-WindowedPanel-outer").evaluate("node => node.scrollTo({top: 0, behavior: 'instant'})")
    expect(mark).not_to_be_in_viewport()
    page.run_command("jupyter-mlsecops:next")
    page.wait_for_selection(TORCH)
    expect(mark).to_be_in_viewport()
