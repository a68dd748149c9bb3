"""Uses a notebook in the browser as a person does: pointer and keys, and what can be seen."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from servers import OURS, JupyterServer

try:
    from playwright.sync_api import TimeoutError, expect, sync_playwright  # noqa: A004
except ImportError:  # conftest.py says so
    expect = sync_playwright = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
lab_only = pytest.mark.parametrize("app", ["lab"], indirect=True)
SIZE = {"width": 1400, "height": 800}

# What is said by JupyterLab and Notebook themselves, with our extension switched off too.
_ERRORS_OF_OTHERS = re.compile(
    r"reading 'schema'|filebrowser:open-path'? not registered|ResizeObserver loop|^Canceled$"
    # Notebook 7.2; the last where a page is closed while its cells are being drawn.
    r"|reading 'last_modified'|_cellToolbarOverlapsContents|_updateForDeferMode"
)
_SHOWN_NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook"
# A mark comes in pieces where the text below it has several colours.
_MARKED = f"""
    const cell = document.querySelectorAll('{_SHOWN_NOTEBOOK} .jp-Cell')[number];
    const texts = [];
    let isOpen = false;
    for (const line of cell?.querySelectorAll('.cm-line') ?? []) {{
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {{
            const text = walker.currentNode;
            const isMarked = line.contains(text.parentElement.closest('.jp-mlsecops-mark'));
            if (isMarked && isOpen) texts[texts.length - 1] += text.data;
            else if (isMarked) texts.push(text.data);
            isOpen = isMarked;
        }}
        isOpen = false;
    }}
"""
NOTEBOOK = """
    const panels = [...window.jupyterapp.shell.widgets('main')].filter(each => each.content?.model?.sharedModel?.cells);
    const notebook = (panels.find(each => each.isVisible) ?? panels[0]).content;
"""


def chromium() -> str | None:
    """The browser's program."""
    return os.environ.get("MLSECOPS_CHROMIUM") or shutil.which("chromium")


class NotebookPage:
    """A page with a notebook in JupyterLab ("lab") or Notebook ("notebook")."""

    def __init__(self, page: Page, app: str) -> None:
        self.page = page
        self.app = app
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(f"{error.message}\n{error.stack}"))
        page.on("dialog", self._on_dialog)

    def _on_dialog(self, dialog: Any) -> None:
        self.errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    @property
    def own_errors(self) -> list[str]:
        """Uncaught errors that JupyterLab does not have without us."""
        return [error for error in self.errors if not _ERRORS_OF_OTHERS.search(error)]

    # What is there

    @property
    def notebook(self) -> Locator:
        """The notebook that is shown."""
        return self.page.locator(_SHOWN_NOTEBOOK)

    def cell(self, number: int) -> Locator:
        """A cell by its number, from 0; where cells far away are not drawn it counts those that are."""
        return self.notebook.locator(".jp-Cell").nth(number)

    def marks(self, number: int = 0) -> Locator:
        """The marks in the text of a cell."""
        return self.cell(number).locator(".jp-mlsecops-mark")

    def expect_marked(self, number: int, *texts: str) -> None:
        """Wait until these pieces of a cell's text are marked, in each line from left to right, and no others."""
        same = "JSON.stringify(texts) === JSON.stringify(wanted)"
        try:
            self.page.wait_for_function(f"([number, wanted]) => {{ {_MARKED} return {same} }}", arg=[number, texts])
        except TimeoutError:
            message = f"marked: {self.marked(number)}, and not {list(texts)}"
            raise AssertionError(message) from None

    def marked(self, number: int) -> list[str]:
        """The pieces of a cell's text that are marked now."""
        return self.page.evaluate(f"number => {{ {_MARKED} return texts }}", number)

    def sources(self) -> list[str]:
        """The text of all cells, from the notebook's model."""
        return self.page.evaluate(
            f"() => {{ {NOTEBOOK} return notebook.model.sharedModel.cells.map(c => c.getSource()) }}"
        )

    def content(self) -> dict[str, Any]:
        """The notebook as it would be saved."""
        return self.page.evaluate(f"() => {{ {NOTEBOOK} return notebook.model.toJSON() }}")

    def wait_for_source(self, text: str, number: int = 0) -> None:
        """Return when a cell has this very text."""
        self.page.wait_for_function(
            f"([text, number]) => {{ {NOTEBOOK} return notebook.model.sharedModel.cells[number]?.getSource() === text }}",
            arg=[text, number],
        )

    def wait_for_other_sources(self, old: list[str]) -> None:
        """Return when the texts of the cells are not these any more."""
        self.page.wait_for_function(
            f"old => {{ {NOTEBOOK} const now = notebook.model.sharedModel.cells.map(c => c.getSource());"
            "return JSON.stringify(now) !== JSON.stringify(old) }",
            arg=old,
        )

    def highlighted(self) -> dict[str, list[str]]:
        """By level, what is underlined in outputs and rendered text."""
        return self.page.evaluate(
            """() => Object.fromEntries([...CSS.highlights].filter(([name]) => name.startsWith('mlsecops-'))
                   .map(([name, ranges]) => [name.slice('mlsecops-'.length), [...ranges].map(String)]))"""
        )

    def wait_for_highlight(self, level: str, text: str) -> None:
        """Return when a text is underlined."""
        self.page.wait_for_function(
            """([level, text]) => [...(CSS.highlights.get('mlsecops-' + level) ?? [])].map(String).includes(text)""",
            arg=[level, text],
        )

    def wait_for_selection(self, text: str) -> None:
        """Return when this text is selected."""
        self.page.wait_for_function("text => document.getSelection().toString() === text", arg=text)

    # What a person does

    def click_into(self, number: int) -> None:
        """Put the cursor to the end of a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")

    def type_into(self, number: int, text: str) -> None:
        """Type at the end of a cell, key by key."""
        self.click_into(number)
        for line_number, line in enumerate(text.split("\n")):
            if line_number:
                self.page.keyboard.press("Enter")
            self.page.keyboard.type(line)

    def replace_all_of(self, number: int, text: str) -> None:
        """Replace the text of a cell, as pasting does."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def select_cell(self, number: int) -> None:
        """Choose a cell beside its text, so that keys act on cells."""
        self.cell(number).locator(".jp-InputPrompt").click()

    def undo_in(self, number: int) -> None:
        """Ctrl+Z in a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+z")

    def card(self, mark: Locator) -> Locator:
        """Point at a mark and wait for its card."""
        card = self.page.locator(".jp-mlsecops-card")
        if card.count():
            # Away from another card, which would cover what is pointed at.
            self.page.mouse.move(5, 5)
            expect(card).to_have_count(0)
        mark.first.hover()
        expect(card.first).to_be_visible()
        return card

    def ignore(self, card: Locator, kind: re.Pattern[str]) -> None:
        """Choose one of a card's ways to ignore its finding."""
        card.get_by_text("Ignore…").click()
        card.get_by_role("button", name=kind).click()

    def run_command(self, command: str, arguments: dict[str, Any] | None = None) -> None:
        """Run a command as the palette does."""
        self.page.evaluate(
            "([command, args]) => void window.jupyterapp.commands.execute(command, args)", [command, arguments or {}]
        )

    def wait_for_command(self, command: str) -> None:
        self.page.wait_for_function("command => window.jupyterapp?.commands.hasCommand(command)", arg=command)

    def open_panel(self) -> Locator:
        """Open the panel by its keys."""
        self.page.keyboard.press("Control+Shift+Y")
        return self.panel

    @property
    def panel(self) -> Locator:
        return self.page.locator("#jp-mlsecops-panel")

    @property
    def rows(self) -> Locator:
        """The rows of the panel, headings too."""
        return self.panel.get_by_role("treeitem")

    def menu_of(self, row: Locator) -> Locator:
        """Open the menu of a row of the panel."""
        row.click(button="right")
        menu = self.page.locator(".jp-mlsecops-menu")
        expect(menu).to_be_visible()
        return menu

    def notification(self, text: str | re.Pattern[str]) -> Locator:
        """A message in the corner."""
        return self.page.locator(".jp-toast-message, .Toastify__toast").filter(has_text=text).first

    @contextmanager
    def scanned(self) -> Iterator[None]:
        """What is done inside is followed by an answer of the server before this returns."""
        with self.page.expect_response(is_lint_answer):
            yield

    def change_source(self, number: int, text: str) -> None:
        """Change the text of a cell from elsewhere, as a collaborator does."""
        self.page.evaluate(
            f"([number, text]) => {{ {NOTEBOOK} notebook.model.sharedModel.cells[number].setSource(text) }}",
            [number, text],
        )

    def wait_for_kernel(self) -> None:
        """Return when the kernel waits for work."""
        self.page.wait_for_function(
            f"() => {{ {NOTEBOOK} return notebook.parent.sessionContext.session?.kernel?.status === 'idle' }}"
        )

    def wait_for_settings(self, server: JupyterServer, values: dict[str, Any]) -> None:
        """Return when the user's settings of ours are these in the server's file."""
        deadline = time.monotonic() + 10
        while server.settings_of(OURS) != values and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert server.settings_of(OURS) == values

    @contextmanager
    def held(self, method: str, address: str) -> Iterator[None]:
        """While what is inside runs, no request of this kind gets to the server."""
        waiting: list[Any] = []
        is_over = False

        def hold(route: Any) -> None:
            if is_over or route.request.method != method:
                route.continue_()
            else:
                waiting.append(route)

        self.page.route(address, hold)
        yield
        is_over = True
        for route in waiting:
            route.continue_()

    def save(self) -> None:
        self.run_command("docmanager:save")
        self.page.wait_for_function(f"() => {{ {NOTEBOOK} return !notebook.model.dirty }}")


def is_lint_answer(response: Any) -> bool:
    return response.url.split("?")[0].endswith("/jupyter-mlsecops/lint") and response.ok
