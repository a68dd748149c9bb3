"""Marks stay with their text whatever happens to the cells, in every view, and in no other notebook."""

import re

from driving import expect, lab_only

TORCH = 'torch.load("checkpoint.pt")'
RISKY = f"model = {TORCH}"


def test_moving_splitting_merging_and_undoing(open_notebook):
    page = open_notebook("import torch", f"{RISKY}\nprint(model)", "1 + 1")
    page.expect_marked(1, TORCH)
    page.select_cell(1)
    page.run_command("notebook:move-cell-down")
    page.wait_for_source(f"{RISKY}\nprint(model)", 2)
    page.expect_marked(2, TORCH)
    page.run_command("notebook:move-cell-up")
    page.wait_for_source(f"{RISKY}\nprint(model)", 1)
    page.expect_marked(1, TORCH)

    page.click_into(1)
    page.page.keyboard.press("Home")
    page.run_command("notebook:split-cell-at-cursor")
    page.wait_for_source("print(model)", 2)
    page.expect_marked(1, TORCH)
    page.expect_marked(2)

    page.select_cell(1)
    page.run_command("notebook:merge-cell-below")
    page.page.wait_for_function("() => document.querySelectorAll('.jp-Notebook .jp-Cell').length === 3")
    page.expect_marked(1, TORCH)

    merged = page.sources()
    page.run_command("notebook:undo-cell-action")
    page.wait_for_other_sources(merged)
    # How much comes back depends on how fast all this was.
    page.expect_marked(next(number for number, text in enumerate(page.sources()) if TORCH in text), TORCH)


def test_retyping(open_notebook):
    page = open_notebook("import torch", RISKY)
    page.expect_marked(1, TORCH)
    page.select_cell(1)
    page.page.keyboard.press("r")
    expect(page.cell(1)).to_have_class(re.compile("jp-RawCell"))
    page.expect_marked(1)
    page.page.keyboard.press("y")
    expect(page.cell(1)).to_have_class(re.compile("jp-CodeCell"))
    page.expect_marked(1, TORCH)


def test_deleting_and_undoing(open_notebook):
    page = open_notebook("import torch", RISKY)
    page.expect_marked(1, TORCH)
    page.select_cell(1)
    page.run_command("notebook:delete-cell")
    expect(page.notebook.locator(".jp-Cell")).to_have_count(1)
    page.run_command("notebook:undo-cell-action")
    expect(page.notebook.locator(".jp-Cell")).to_have_count(2)
    # JupyterLab 4.2 draws what comes back when it is gone to.
    page.run_command("notebook:move-cursor-down")
    page.expect_marked(1, TORCH)


@lab_only
def test_two_views_of_one_notebook(open_notebook):
    page = open_notebook(f"import torch\n{RISKY}")
    page.expect_marked(0, TORCH)
    page.run_command("docmanager:clone")
    views = page.page.locator(".jp-NotebookPanel")
    expect(views).to_have_count(2)
    marks = [views.nth(number).locator(".jp-mlsecops-mark") for number in range(2)]
    for of_view in marks:
        expect(of_view.first).to_contain_text("torch.load")
    page.card(marks[1].first).get_by_role("button", name="weights_only=True").click()
    for of_view in marks:
        expect(of_view).to_have_count(0)


@lab_only
def test_two_copies_with_the_same_cell_ids(open_notebook, server, folder):
    page = open_notebook("import torch", "1 + 1")
    original = server.root / folder / "notebook.ipynb"
    (server.root / folder / "copy.ipynb").write_bytes(original.read_bytes())
    page.run_command("docmanager:open", {"path": f"{folder}/copy.ipynb"})
    page.page.get_by_role("tab", name="copy.ipynb").wait_for()
    expect(page.notebook.locator(".jp-Cell")).to_have_count(2)
    page.replace_all_of(1, RISKY)
    page.expect_marked(1, TORCH)
    page.page.get_by_role("tab", name="notebook.ipynb").click()
    page.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.path.endsWith('notebook.ipynb')")
    assert page.sources() == ["import torch", "1 + 1"]
    page.expect_marked(1)
    with page.scanned():
        page.type_into(1, " + 1")
    page.expect_marked(1)
