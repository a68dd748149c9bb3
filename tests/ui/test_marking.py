"""What is marked in cells while somebody types, and what the marks say."""

from driving import expect
from notebooks import markdown, raw

RISKY = 'model = torch.load("checkpoint.pt")'
CALL = 'torch.load("checkpoint.pt")'


def test_a_risky_line_is_marked_as_soon_as_it_is_typed(open_notebook):
    page = open_notebook("import torch")
    page.type_into(0, f"\n{RISKY}")
    page.expect_marked(0, CALL)
    expect(page.cell(0).locator(".cm-lint-marker")).to_have_count(1)
    page.replace_all_of(0, "import torch")
    page.expect_marked(0)
    expect(page.cell(0).locator(".cm-lint-marker")).to_have_count(0)


def test_the_card_says_what_why_and_what_to_do(open_notebook):
    page = open_notebook(f"import torch\n{RISKY}")
    card = page.card(page.marks())
    expect(card).to_contain_text("PyTorch")
    expect(card.locator(".jp-mlsecops-card-level")).to_have_text("Low")
    expect(card).to_contain_text("unsafe-torch-load")
    expect(card.get_by_role("button", name="weights_only=True")).to_be_visible()
    card.get_by_text("About this rule").click()
    dialog = page.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("unsafe-torch-load")
    expect(dialog.locator("h2, h1").first).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_characters_of_two_units_before_the_span_do_not_move_it(open_notebook):
    page = open_notebook('import torch\n"🚀🧨"; model = torch.load("😀.pt"); "🎉"')
    page.expect_marked(0, 'torch.load("😀.pt")')


def test_marks_move_with_the_text_between_two_scans(open_notebook):
    page = open_notebook(f"import torch\n{RISKY}")
    page.expect_marked(0, CALL)
    page.cell(0).locator(".cm-content").click()
    page.page.keyboard.press("Control+Home")
    with page.scanned():
        page.page.keyboard.type("# a longer first line\n")
        page.expect_marked(0, CALL)
    page.expect_marked(0, CALL)


def test_cells_are_checked_with_what_others_define(open_notebook):
    page = open_notebook("import torch as t", "", 'model = t.load("checkpoint.pt")')
    page.expect_marked(2, 't.load("checkpoint.pt")')
    page.replace_all_of(0, "import json as t")
    page.expect_marked(2)


def test_raw_and_markdown_cells(open_notebook, fresh_token):
    page = open_notebook(raw(f"key: {fresh_token}"), markdown(f"# Notes\n\nUse {fresh_token} *only* here"))
    page.expect_marked(0, fresh_token)
    page.wait_for_highlight("critical", fresh_token)
    expect(page.cell(1).locator(".jp-mlsecops-badge")).to_be_visible()
    page.cell(1).locator(".jp-MarkdownOutput").dblclick()
    page.expect_marked(1, fresh_token)
