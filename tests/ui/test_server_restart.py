"""The server goes away and comes back while somebody works."""

import pytest
import servers
from driving import expect

TORCH = 'torch.load("checkpoint.pt")'


@pytest.fixture
def own_server(tmp_path):
    """One that may be stopped; below a path, so that its cookies are not those of the other."""
    server = servers.JupyterServer(tmp_path / "jupyter", base_url="/people/me/")
    server.start()
    yield server
    server.stop()


def test_findings_come_back_with_the_server(open_notebook, own_server):
    page = open_notebook("import torch", on=own_server)
    page.open_panel()
    state = page.panel.locator("[data-state]")
    expect(state).to_have_attribute("data-state", "clean")
    own_server.stop()
    page.type_into(0, f"\nmodel = {TORCH}")
    expect(state).to_have_attribute("data-state", "server-missing")
    expect(state).to_contain_text("does not answer")
    own_server.start()
    page.expect_marked(0, TORCH)
    expect(page.rows).to_have_count(2)
