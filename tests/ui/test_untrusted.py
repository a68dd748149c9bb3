"""A notebook from somebody else: said before it is run, and not believed."""

from driving import expect

TORCH = 'torch.load("checkpoint.pt")'
SILENCED = f"import torch\nmodel = {TORCH}  # mlsecops: ignore[unsafe-torch-load] they say"


def test_severe_findings_are_announced(open_notebook, fresh_token):
    page = open_notebook(f'key = "{fresh_token}"', trusted=False)
    notice = page.page.locator(".jp-mlsecops-notice")
    expect(notice).to_contain_text("not trusted")
    expect(notice).to_contain_text("1 critical")
    notice.get_by_role("button", name="Show findings").click()
    expect(page.rows.last).to_be_visible()
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_a_trusted_notebook_has_no_notice(open_notebook, fresh_token):
    page = open_notebook(f'key = "{fresh_token}"')
    page.expect_marked(0, fresh_token)
    expect(page.page.locator(".jp-mlsecops-notice")).to_have_count(0)


def test_what_came_with_it_silences_nothing_until_it_is_trusted(open_notebook, server, folder):
    (server.root / folder).mkdir(exist_ok=True)
    (server.root / folder / ".jupyter-mlsecops.toml").write_text('ignore = ["hardcoded-credential"]\n')
    page = open_notebook(SILENCED, trusted=False)
    page.expect_marked(0, TORCH)
    page.run_command("notebook:trust")
    page.page.locator(".jp-Dialog").get_by_role("button", name="Trust").click()
    page.expect_marked(0)
