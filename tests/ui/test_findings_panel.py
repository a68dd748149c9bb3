"""The panel from the keyboard alone, and what it says where there is nothing to list."""

import re

from driving import expect

TORCH = 'torch.load("checkpoint.pt")'
PICKLE = "pickle.load(file)"
CELLS = (
    f"import torch, pickle\nmodel = {TORCH}",
    "1 + 1",
    f"with open('data.pkl', 'rb') as file:\n    data = {PICKLE}",
)


def test_the_whole_way_by_keys(open_notebook):
    page = open_notebook(*CELLS)
    press = page.page.keyboard.press
    page.expect_marked(0, TORCH)
    page.open_panel()
    expect(page.rows).to_have_count(4)
    headings, findings = page.rows.filter(has_text=re.compile("^Cell")), page.rows.locator(".jp-mlsecops-message")

    expect(page.rows.nth(0)).to_be_focused()
    press("ArrowDown")
    expect(page.rows.nth(1)).to_be_focused()
    press("Enter")
    page.wait_for_selection(TORCH)
    expect(page.cell(0).locator(".cm-content")).to_be_focused()

    page.open_panel()
    expect(page.rows.nth(1)).to_be_focused()
    press("End")
    expect(page.rows.nth(3)).to_be_focused()
    press("Space")
    expect(page.cell(2)).to_have_class(re.compile("jp-mod-active"))
    expect(page.rows.nth(3)).to_be_focused()
    press("ArrowLeft")
    expect(headings.nth(1)).to_be_focused()
    press("ArrowLeft")
    expect(headings.nth(1)).to_have_attribute("aria-expanded", "false")
    expect(findings).to_have_count(1)
    press("*")
    expect(findings).to_have_count(2)
    press("Home")
    expect(page.rows.nth(0)).to_be_focused()

    press("/")
    page.page.keyboard.type("pickle")
    expect(findings).to_have_count(1)
    press("Escape")
    expect(findings).to_have_count(2)
    press("ArrowDown")
    expect(headings.nth(1)).to_be_focused()
    press("Home")
    press("ArrowDown")
    expect(page.rows.nth(1)).to_be_focused()
    press("Alt+Enter")
    menu = page.page.locator(".jp-mlsecops-menu")
    expect(menu).to_be_visible()
    press("ArrowDown")
    press("Enter")
    page.wait_for_source(CELLS[0].replace('.pt"', '.pt", weights_only=True'))
    expect(findings).to_have_count(1)
    expect(page.panel.locator(":focus")).to_have_count(1)
    press("Escape")
    expect(page.panel.locator(":focus")).to_have_count(0)
    expect(page.notebook.locator(":focus").or_(page.page.locator(".jp-Notebook:focus"))).to_have_count(1)


def test_showing_a_place_takes_no_focus(open_notebook):
    page = open_notebook(*CELLS)
    page.open_panel()
    expect(page.rows).to_have_count(4)
    page.open_panel()
    page.page.keyboard.press("End")
    page.page.keyboard.press("Space")
    page.page.keyboard.press("/")
    page.page.keyboard.type("pickle", delay=50)
    expect(page.panel.get_by_role("searchbox")).to_have_value("pickle")
    expect(page.cell(2)).to_have_class(re.compile("jp-mod-active"))
    assert page.sources() == list(CELLS)


def test_opened_before_the_first_result(open_notebook):
    page = open_notebook(*CELLS)
    page.expect_marked(0, TORCH)
    page.run_command("jupyter-mlsecops:toggle")
    page.expect_marked(0)
    page.open_panel()
    with page.held("POST", "**/jupyter-mlsecops/lint*"):
        page.panel.get_by_role("button", name="Switch on").press("Enter")
        expect(page.panel.locator(".jp-mlsecops-state")).to_have_attribute("data-state", "scanning")
    expect(page.rows.first).to_be_focused()


def test_opening_it_again_keeps_it_open(open_notebook):
    page = open_notebook(*CELLS)
    page.open_panel()
    expect(page.rows).to_have_count(4)
    page.notebook.locator(".cm-content").first.click()
    page.open_panel()
    expect(page.rows.first).to_be_focused()
    page.open_panel()
    expect(page.rows.first).to_be_focused()


def test_groups_and_levels(open_notebook):
    page = open_notebook(*CELLS)
    page.open_panel()
    expect(page.rows).to_have_count(4)
    page.panel.get_by_label("Group findings").select_option("rule")
    expect(page.rows.filter(has_text="unsafe-torch-load")).to_have_count(1)
    page.panel.get_by_label("Group findings").select_option("severity")
    headings = page.rows.filter(has=page.page.locator(".jp-mlsecops-heading"))
    levels = headings.all_inner_texts()
    assert len(levels) == 2
    page.panel.locator(".jp-mlsecops-levelToggle").first.click()
    expect(headings).to_have_count(1)
    page.panel.locator(".jp-mlsecops-levelToggle").last.click()
    state = page.panel.locator(".jp-mlsecops-state")
    expect(state).to_have_attribute("data-state", "hidden")
    state.get_by_role("button").click()
    expect(headings).to_have_count(2)


def test_states_with_nothing_to_list(open_notebook):
    page = open_notebook("1 + 1")
    page.open_panel()
    state = page.panel.locator(".jp-mlsecops-state")
    expect(state).to_have_attribute("data-state", "clean")
    page.run_command("jupyter-mlsecops:toggle")
    expect(state).to_have_attribute("data-state", "off")
    state.get_by_role("button").click()
    expect(state).to_have_attribute("data-state", "clean")


def test_f8_walks_through_the_notebook(open_notebook):
    page = open_notebook(*CELLS)
    page.expect_marked(2, PICKLE)
    page.cell(1).locator(".cm-content").click()
    for key, text in (("F8", PICKLE), ("F8", TORCH), ("F8", PICKLE), ("Shift+F8", TORCH)):
        page.page.keyboard.press(key)
        page.wait_for_selection(text)
