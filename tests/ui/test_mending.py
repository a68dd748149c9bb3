"""Fixes and ignores: each changes what it says and nothing else, is one step to undo, and what it mended is not marked any more."""

import re

from driving import expect
from notebooks import code, display, stream
from servers import OURS

CALL = 'torch.load("checkpoint.pt")'
RISKY = f"import torch\nmodel = {CALL}"
RULE = "unsafe-torch-load"
LOOSE = "!pip install torch>=2"


def test_an_unsafe_fix_from_the_card(open_notebook):
    page = open_notebook(RISKY)
    page.click_into(0)
    page.card(page.marks()).get_by_role("button", name="weights_only=True").click()
    page.wait_for_source(RISKY.replace('.pt"', '.pt", weights_only=True'))
    page.expect_marked(0)
    page.page.keyboard.press("Control+z")
    page.wait_for_source(RISKY)
    page.expect_marked(0, CALL)


def test_a_safe_fix_from_the_panel(open_notebook):
    page = open_notebook(LOOSE, "1 + 1", LOOSE)
    page.open_panel().get_by_role("button", name=re.compile("Apply 2 safe fixes")).click()
    page.wait_for_source('!pip install "torch>=2"', 0)
    page.wait_for_source('!pip install "torch>=2"', 2)
    expect(page.rows.filter(has_text="unquoted-specifier")).to_have_count(0)
    # Both cells in one step.
    page.select_cell(1)
    page.page.keyboard.press("z")
    page.wait_for_source(LOOSE, 0)
    page.wait_for_source(LOOSE, 2)
    expect(page.rows.filter(has_text="unquoted-specifier")).to_have_count(2)


def test_what_has_changed_meanwhile_is_not_overwritten(open_notebook):
    page = open_notebook(RISKY)
    page.expect_marked(0, CALL)
    page.open_panel()
    menu = page.menu_of(page.rows.filter(has_text=RULE))
    renamed = RISKY.replace("model", "a_better_name")
    with page.held("POST", "**/jupyter-mlsecops/lint*"):
        page.change_source(0, renamed)
        menu.get_by_text("weights_only=True").click()
        expect(page.notification("has changed")).to_be_visible()
    assert page.sources() == [renamed]


def test_ignore_on_this_line(open_notebook):
    page = open_notebook(RISKY)
    page.ignore(page.card(page.marks()), re.compile("on this line"))
    page.wait_for_source(f"{RISKY}  # mlsecops: ignore[{RULE}]")
    page.expect_marked(0)
    page.undo_in(0)
    page.wait_for_source(RISKY)
    page.expect_marked(0, CALL)


def test_ignore_in_this_cell(open_notebook):
    page = open_notebook(RISKY, RISKY.replace("import torch\n", ""))
    page.ignore(page.card(page.marks(0)), re.compile("in this cell"))
    page.expect_marked(0)
    page.expect_marked(1, CALL)
    assert page.content()["cells"][0]["metadata"]["tags"] == [f"mlsecops-ignore-{RULE}"]
    page.undo_in(0)
    page.expect_marked(0, CALL)
    assert not page.content()["cells"][0]["metadata"].get("tags")


def test_ignore_in_this_notebook(open_notebook, server, folder):
    page = open_notebook(RISKY)
    page.ignore(page.card(page.marks()), re.compile("in this notebook"))
    page.expect_marked(0)
    assert page.sources() == [RISKY]
    page.wait_for_settings(server, {"ignoredInNotebook": {f"{folder}/notebook.ipynb": [RULE]}})
    other = open_notebook(RISKY, name="other.ipynb", keep_settings=True)
    other.expect_marked(0, CALL)
    page.page.bring_to_front()
    page.open_panel().get_by_role("button", name="Show again").click()
    page.expect_marked(0, CALL)


def test_ignore_in_settings(open_notebook, server):
    page = open_notebook(RISKY)
    page.ignore(page.card(page.marks()), re.compile("settings|everywhere|all notebooks"))
    page.expect_marked(0)
    assert page.sources() == [RISKY]
    page.wait_for_settings(server, {"ignoredRules": [RULE]})
    server.set_settings(OURS, {})
    again = open_notebook(RISKY, name="again.ipynb")
    again.expect_marked(0, CALL)


def test_an_output_with_a_secret_is_cleared(open_notebook, fresh_token):
    cell = code("show()", outputs=[display("before"), stream(f"key {fresh_token}\n"), display("after")])
    page = open_notebook(cell)
    page.wait_for_highlight("critical", fresh_token)
    badge = page.cell(0).locator(".jp-mlsecops-badge")
    expect(badge).to_contain_text("token")
    badge.get_by_role("button", name="Clear this output").click()
    expect(badge).to_have_count(0)
    outputs = page.cell(0).locator(".jp-OutputArea-output")
    expect(outputs).to_have_text(["before", "after"], use_inner_text=True)
    assert page.highlighted() == {}
    page.undo_in(0)
    page.wait_for_highlight("critical", fresh_token)
    expect(badge).to_have_count(1)
    expect(outputs).to_have_text(["before", f"key {fresh_token}", "after"], use_inner_text=True)
    assert [output["output_type"] for output in page.content()["cells"][0]["outputs"]] == [
        "display_data",
        "stream",
        "display_data",
    ]


def test_a_secret_moves_to_the_environment_and_leaves_the_outputs(open_notebook, fresh_token):
    shown = code("print(hub_key)", outputs=[stream(f"{fresh_token}\n")])
    source = f'hub_key = "{fresh_token}"'
    page = open_notebook(source, shown)
    page.expect_marked(0, fresh_token)
    page.card(page.marks()).get_by_role("button", name=re.compile("environ")).click()
    expect(page.notification("revoke")).to_be_visible()
    page.expect_marked(0)
    mended = page.content()["cells"]
    assert fresh_token not in str(mended)
    assert 'os.environ["HUB_KEY"]' in "".join(mended[0]["source"])
    assert mended[1]["outputs"] == []
    page.select_cell(0)
    page.page.keyboard.press("z")
    page.wait_for_source(source)
    page.wait_for_highlight("critical", fresh_token)


def test_pin_to_what_the_kernel_has(open_notebook):
    page = open_notebook("%pip install nbformat no-such-distribution-anywhere", kernel="python3")
    page.wait_for_kernel()
    card = page.card(page.marks())
    card.get_by_role("button", name="Pin to what is installed").click()
    page.page.wait_for_function(
        "() => /nbformat==[0-9.]+ /.test(document.querySelector('.jp-Notebook .cm-content').textContent)"
    )
    expect(page.notification("no-such-distribution-anywhere")).to_be_visible()
    cell = page.content()["cells"][0]
    assert cell["execution_count"] is None
    assert cell["outputs"] == []
    page.undo_in(0)
    page.wait_for_source("%pip install nbformat no-such-distribution-anywhere")
