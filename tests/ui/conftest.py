"""A real server and a real browser. Set MLSECOPS_REQUIRE_UI=1 to fail where one of them is missing."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path

import driving
import notebooks
import pytest
import servers
import tokens

SCREENSHOTS = Path(os.environ.get("MLSECOPS_UI_SCREENSHOTS") or Path(__file__).parents[2] / "build/screenshots")
_WAIT_MILLISECONDS = 20_000


@pytest.fixture(scope="package", autouse=True)
def _all_there():
    """Skip where the tests cannot run, with the reason; fail where they have to."""
    reason = ""
    if driving.sync_playwright is None:
        reason = "the Python package playwright is not installed"
    elif driving.chromium() is None:
        reason = "Chromium is not installed"
    reason = reason or servers.what_is_missing()
    if reason and os.environ.get("MLSECOPS_REQUIRE_UI"):
        pytest.fail(f"MLSECOPS_REQUIRE_UI is set, but {reason}", pytrace=False)
    elif reason:
        pytest.skip(reason)


@pytest.fixture(scope="package")
def server(_all_there, tmp_path_factory):
    """Serves JupyterLab and Notebook to all tests of a process."""
    jupyter = servers.JupyterServer(tmp_path_factory.mktemp("jupyter"))
    jupyter.start()
    yield jupyter
    jupyter.stop()


@pytest.fixture(scope="package")
def browser(_all_there, tmp_path_factory):
    """Chromium with a profile of its own, which keeps what it has fetched from test to test.

    No longer than for this package: while Playwright runs, no other event loop can.
    """
    with driving.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=driving.chromium(),
            headless=True,
            args=driving.FLAGS,
            viewport=driving.SIZE,
        )
        context.set_default_timeout(_WAIT_MILLISECONDS)
        driving.expect.set_options(timeout=_WAIT_MILLISECONDS)
        yield context
        context.close()


@pytest.fixture(params=["lab", "notebook"])
def app(request):
    """The application: a test for one of them alone says so with `lab_only`."""
    return request.param


@pytest.fixture
def folder(request):
    """A folder below the server's root that no other test uses."""
    return re.sub(r"\W+", "-", request.node.name).strip("-")


@pytest.fixture
def open_page(request, browser, server, app):
    """Open an address of a server; afterwards a screenshot is taken, and no page may have had an error of ours."""
    pages = []

    def go(jupyter, address):
        page = driving.NotebookPage(browser.new_page(), app)
        pages.append(page)
        separator = "&" if "?" in address else "?"
        page.page.goto(f"{jupyter.url}{address}{separator}token={jupyter.token}", wait_until="commit")
        return page

    def close():
        for page in pages:
            page.page.close()
        server.end_kernels()

    with ExitStack() as cleaning:
        cleaning.callback(close)
        yield go
        for number, page in enumerate(pages):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            page.page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{number}.png")
    errors = [error for page in pages for error in page.own_errors]
    assert not errors, "\n".join(errors)


@pytest.fixture
def open_notebook(server, open_page, app, folder):
    """Write a notebook, or several, and open the first; `trusted=False`: as if it came from somebody else."""

    def go(*cells, name="notebook.ipynb", on=server, settings=None, keep_settings=False, **options):
        if not keep_settings:
            on.set_settings(servers.OURS, settings)
        write_notebook(on, f"{folder}/{name}", *cells, **options)
        return open_path(on, open_page, app, f"{folder}/{name}")

    return go


def write_notebook(jupyter, path, *cells, trusted=True, kernel=servers.STILL_KERNEL):
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    content = notebooks.notebook(*cells, metadata={"kernelspec": spec})
    file = jupyter.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    if trusted:
        jupyter.trust(content)


def open_path(jupyter, open_page, app, path):
    from urllib.parse import quote

    address = f"lab/tree/{quote(path)}?reset" if app == "lab" else f"notebooks/{quote(path)}"
    page = open_page(jupyter, address)
    # Not until it is seen: the first cell may be rendered text, without an editor.
    page.notebook.locator(".jp-Cell").first.wait_for()
    return page


@pytest.fixture
def fresh_token():
    """A token of a provider that stands in no file: valid in form, and nobody's."""
    return tokens.make("github")
