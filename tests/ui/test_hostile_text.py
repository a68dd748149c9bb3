"""What stands in notebooks, names and settings is shown as text: no element is made of it, and nothing of it runs."""

import re

import pytest
from driving import expect
from notebooks import code, display, stream
from servers import OURS

ATTACK = "<img src=x onerror=alert(document.domain)>"
NAME = f"{ATTACK}.ipynb"


@pytest.fixture
def hostile(fresh_token):
    """A notebook of findings that quote what stands around them."""
    return [
        f'import torch\nmodel = torch.load("{ATTACK}")',
        f'%pip install "{ATTACK}" torch>=2 https://models.example.org/{ATTACK}.whl',
        f'from urllib.request import urlretrieve\nurlretrieve("https://models.example.org/{ATTACK}.pkl", "{ATTACK}.pkl")',
        code(
            "print(1)", outputs=[stream(f"{ATTACK} {fresh_token}\n"), display(f"{ATTACK} {fresh_token}")], tags=[ATTACK]
        ),
    ]


def no_element_of_it(page):
    return expect(page.page.locator("img[src='x']")).to_have_count(0)


def test_in_a_notebook(open_notebook, hostile, fresh_token):
    settings = {"ignoredRules": [ATTACK], "ignoredInNotebook": {ATTACK: [ATTACK]}}
    page = open_notebook(*hostile, name=NAME, settings=settings, trusted=False)
    page.wait_for_highlight("critical", fresh_token)
    page.open_panel()
    for grouping in ("rule", "severity", "cell"):
        page.panel.get_by_label("Group findings").select_option(grouping)
        no_element_of_it(page)
    expect(page.panel.locator(".jp-mlsecops-title")).to_have_text(NAME)
    expect(page.panel).to_contain_text(ATTACK)
    for number in (0, 1, 2):
        card = page.card(page.marks(number).first)
        no_element_of_it(page)
    expect(card.first).to_contain_text(ATTACK)
    page.menu_of(page.rows.last)
    no_element_of_it(page)
    page.page.keyboard.press("Escape")
    page.ignore(page.card(page.marks(0).first), re.compile("in this notebook"))
    page.expect_marked(0)
    no_element_of_it(page)


def test_in_a_folder_scan(open_page, server, app, folder, hostile):
    import conftest

    conftest.write_notebook(server, f"{folder}/{ATTACK}/{NAME}", *hostile)
    (server.root / folder / ATTACK / f"broken {NAME}").write_text("{")
    server.set_settings(OURS, None)
    page = open_page(server, "lab?reset" if app == "lab" else "tree")
    page.wait_for_command("jupyter-mlsecops:scan-folder")
    page.run_command("jupyter-mlsecops:scan-folder", {"path": f"{folder}/{ATTACK}"})
    scan = page.page.locator(".jp-mlsecops-scan")
    expect(scan.get_by_role("status").first).to_contain_text("2 files scanned")
    expect(scan.locator(".jp-mlsecops-title")).to_contain_text(ATTACK)
    expect(scan.get_by_role("gridcell", name=NAME).first).to_be_visible()
    scan.get_by_text("could not be checked").click()
    no_element_of_it(page)
