"""Python files as notebooks: their cells, and the way back from each character to the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.edits import Replace
from jupyter_mlsecops.notebook.formats.python_files import is_notebook, read_python
from jupyter_mlsecops.notebook.formats.scanned_files import read_file
from jupyter_mlsecops.notebook.formats.text_edits import apply_to
from jupyter_mlsecops.notebook.model import Location, Notebook, Place
from jupyter_mlsecops.notebook.reader import Unreadable

PERCENT = '''\
#!/usr/bin/env python
# -*- coding: utf-8 -*-
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Title
#
# some *text*

# %% first tags=["a", "mlsecops-ignore"]
!pip install torch
x = """
# %%
"""

#%%
y = 1
# %% [raw]
"""
raw text
"""
# %%
'''

DATABRICKS = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Title
# MAGIC
# MAGIC text

# COMMAND ----------

# DBTITLE 1,Set up
# MAGIC %pip install torch \\
# MAGIC   numpy

# COMMAND ----------

import pickle
# MAGIC is a word

# COMMAND ----------

# MAGIC %sh apt-get update
# MAGIC pip install pandas
"""


def cells(book: Notebook) -> list[tuple[str, str]]:
    return [(cell.type, cell.source) for cell in book.cells]


def test_percent_cells():
    book = read_python(PERCENT)
    assert book.kind == "notebook"
    assert cells(book) == [
        ("markdown", "# Title\n\nsome *text*"),
        ("code", '!pip install torch\nx = """\n# %%\n"""'),
        ("code", "y = 1"),
        ("raw", "raw text"),
        ("code", ""),
    ]
    assert [(cell.index, cell.id) for cell in book.cells] == [(number, None) for number in range(5)]
    assert book.cells[1].tags == {"a", "mlsecops-ignore"}
    assert [text.part for text in book.cells[1].texts] == ["/source", "/metadata/title"]
    (header,) = book.metadata_texts
    assert (header.cell, header.part) == (None, "/metadata/header")
    assert header.text.startswith("#!/usr")
    assert header.text.endswith("# ---\n")


def test_what_stands_above_the_first_marker_is_a_cell():
    assert cells(read_python("import os\n\n# %%\nx\n")) == [("code", "import os"), ("code", "x")]
    assert cells(read_python("\n\n# %%\nx\n")) == [("code", "x")]


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("# %%", "code"),
        ("#%%", "code"),
        ("# %% Load the data", "code"),
        ("# %%% a smaller cell", "code"),
        ("# %% [markdown]", "markdown"),
        ("# %% [md]", "markdown"),
        ("#%% md", "markdown"),
        ("# %%[markdown]", "markdown"),
        ("# %% Title [markdown] key=1", "markdown"),
        ("# %% [raw]", "raw"),
    ],
)
def test_markers(marker, kind):
    assert cells(read_python(f"{marker}\n# text\n")) == [(kind, "text" if kind != "code" else "# text")]
    assert is_notebook(f"x = 1\n{marker}\n".encode())


@pytest.mark.parametrize(
    "line", ["# %%time", "    # %%", "x = 1  # %%", "# 100 %%", "# %", "print('# %%')", "# %pip install x"]
)
def test_what_is_no_marker(line):
    text = f"if 1:\n    pass\n{line}\n"
    assert read_python(text).kind == "python"
    assert not is_notebook(text.encode())


@pytest.mark.parametrize("text", ['"""\n# %%\n"""\nx = 1\n', "'''\n# %%\n# %%\n'''\n", 'x = f"""a\n# %% \\""" \n"""\n'])
def test_a_marker_in_a_string_is_none(text):
    assert read_python(text).kind == "python"


def test_a_string_that_never_ends_hides_no_cell():
    assert cells(read_python('# %%\nx = """\n# %%\ny\n')) == [("code", 'x = """'), ("code", "y")]
    assert len(read_python("# %%\n" + "'''\n" * 3 + "# %%\n").cells) == 2


def test_code_in_a_markdown_cell_is_code():
    """Run as a program, the file runs it."""
    assert cells(read_python("# %% [markdown]\n# text\nimport os\n")) == [("code", "# text\nimport os")]
    assert cells(read_python("#%% md\nplain words, no code\n")) == [("markdown", "plain words, no code")]


def test_plain_python():
    text = "import pickle\nx = pickle.load(f)\n"
    book = read_python(text)
    assert (book.kind, book.cell_count, book.cell(None)) == ("python", 0, book.cells[0])
    (code,) = book.codes
    assert (code.cell, code.part, code.kind, code.file) == (None, "", "python", None)
    (call,) = code.calls
    assert call.place == Place(cell=None, at=Location(part="", start=18, end=32))
    assert at_place(book, call.place) == "pickle.load(f)"


def test_a_plain_file_has_no_magics():
    (code,) = read_python("!pip install torch\nx = 1\n").codes
    assert not code.installs


def test_databricks_cells():
    book = read_python(DATABRICKS)
    assert cells(book) == [
        ("markdown", "# Title\n\ntext"),
        ("code", "%pip install torch \\\n  numpy"),
        ("code", "import pickle\n# MAGIC is a word"),
        ("code", "%sh apt-get update\npip install pandas"),
    ]
    assert [text.text for text in book.cells[1].texts[1:]] == ["Set up"]
    assert installed(book) == ["torch", "numpy", "pandas"]
    assert is_notebook(DATABRICKS.encode())


def test_cells_share_a_namespace():
    book = read_python("# %%\nfrom pickle import load as l\n# %%\nl(f)\n")
    assert [call.name for code in book.codes for call in code.calls] == ["pickle.load"]


def test_line_ends():
    for text in (PERCENT, DATABRICKS):
        windows = read_python(text.replace("\n", "\r\n"))
        assert [(kind, source.replace("\r\n", "\n")) for kind, source in cells(windows)] == cells(read_python(text))


# -- back to the file --------------------------------------------------------------------------------------------------


def at_place(book: Notebook, place: Place) -> str:
    span = book.source_map.span(place)
    return book.file_text[slice(*span)]


def installed(book: Notebook) -> list[str]:
    found = [(code, one) for code in book.codes for install in code.installs for one in install.requirements]
    return [at_place(book, code.place(one.start, one.end)) for code, one in found]


def test_positions_in_the_file():
    book = read_python(DATABRICKS)
    place = book.cells[1].place(20, 28)
    assert book.cells[1].source[20:28] == "\n  numpy"
    start, _ = book.source_map.span(book.cells[1].place(23, 28))
    assert book.source_map.line_column(start) == (11, 11)
    assert at_place(book, place) == "\n# MAGIC   numpy"
    assert book.source_map.span(Place(cell=0, at=Location(part="/outputs/0", start=0, end=1))) is None


PIECES = [
    "# %%\n",
    "# %% [markdown]\n",
    "#%% md\n",
    "# MAGIC ",
    "# COMMAND ----------\n",
    "# Databricks notebook source\n",
    "%md\n",
]
PIECES += [
    "# text\n",
    "x = 1\n",
    '"""',
    "'",
    "\n",
    "\r\n",
    "\r",
    "é😀",
    "# ---\n",
    "\\",
    "    ",
    "!pip install torch\n",
    "# DBTITLE 1,T\n",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_every_character_of_a_text_is_found_in_the_file(text):
    try:
        book = read_file(text.encode("utf-8", "surrogatepass"), name="a.py")
    except Unreadable:
        return
    for each in book.texts():
        for number, character in enumerate(each.text):
            assert at_place(book, each.place(number, number + 1)) == character
        assert book.source_map.span(each.place(0, 0)) is not None
        first, last = book.source_map.span(each.place(0, len(each.text)))
        assert 0 <= first <= last <= len(book.file_text)
    _ = book.codes


# -- edits -------------------------------------------------------------------------------------------------------------


def edited(text: str, cell: int | None, start: int, end: int, new: str) -> str:
    book = read_python(text)
    part = "" if cell is None else "/source"
    place = Place(cell=cell, at=Location(part=part, start=start, end=end))
    return apply_to(book, [Replace(place=place, text=new)])


def test_edits():
    assert edited("x = 1\n", None, 4, 5, "2") == "x = 2\n"
    assert edited("# %%\nx = 1\n# %%\ny\n", 1, 0, 0, "import os\n") == "# %%\nx = 1\n# %%\nimport os\ny\n"
    assert edited("# %%\r\nx\r\ny\r\n", 0, 0, 0, "import os\n") == "# %%\r\nimport os\r\nx\r\ny\r\n"


def test_edits_behind_comment_signs():
    head = "# Databricks notebook source\n"
    text = head + "# MAGIC %pip install a\n# MAGIC b\n# MAGIC c\n"
    assert read_python(text).cells[0].source == "%pip install a\nb\nc"
    assert edited(text, 0, 15, 16, "d") == head + "# MAGIC %pip install a\n# MAGIC d\n# MAGIC c\n"
    assert edited(text, 0, 15, 15, "d\n") == head + "# MAGIC %pip install a\n# MAGIC d\n# MAGIC b\n# MAGIC c\n"
    assert edited(text, 0, 15, 17, "") == head + "# MAGIC %pip install a\n# MAGIC c\n"
    assert edited(text, 0, 15, 17, "d\ne\n") == head + "# MAGIC %pip install a\n# MAGIC d\n# MAGIC e\n# MAGIC c\n"


@given(st.integers(0, 30), st.integers(0, 30), st.text(alphabet="ab\n", max_size=6))
def test_an_edit_of_the_text_is_an_edit_of_the_file(start, end, new):
    text = "# Databricks notebook source\n# MAGIC %sh\n# MAGIC one\n# MAGIC two\n\n# COMMAND ----------\n\nx = 1\n"
    source = read_python(text).cells[0].source
    start, end = sorted((min(start, len(source)), min(end, len(source))))
    expected = source[:start] + new + source[end:]
    if not expected.startswith("%sh\n") or expected != expected.rstrip():
        return  # the cell would be another one
    after = read_python(edited(text, 0, start, end, new))
    assert cells(after) == [("code", expected), ("code", "x = 1")]


def test_edits_of_places_that_are_not_there():
    with pytest.raises(ValueError):
        edited("x = 1\n", 0, 0, 1, "y")
    with pytest.raises(ValueError):
        edited("x = 1\n", None, 0, 100, "y")


# -- bytes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["latin-1", "iso-8859-1", "ISO_8859_1", "iso-latin-1-unix"])
def test_latin_1_where_the_file_says_so(cookie):
    book = read_file(f"# -*- coding: {cookie} -*-\nx = 'é'\n".encode("latin-1"), name="a.py")
    assert book.cells[0].source.endswith("x = 'é'\n")
    assert book.encoding == "latin-1"


def test_utf_8():
    for head in ("", "# coding: utf-8\n", "#!/bin/x\n# vim: set fileencoding=UTF8 :\n", "# coding: ascii\n"):
        assert "é" in read_file(f"{head}x = 'é'\n".encode(), name="a.py").cells[0].source
    book = read_file("\ufeff# %%\nx\n".encode(), name="a.py")
    assert (book.file_text, book.encoding) == ("# %%\nx\n", "utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x = '\xe9'\n", "Not UTF-8: invalid byte 5 (line 1)"),
        (b"# coding: utf-7\nx = 1\n", "an encoding other than"),
        (b"\n# coding=cp1252\nx = 1\n", "an encoding other than"),
        (b"x\ny = '\0'\n", "a NUL stands in line 2"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_unreadable(content, message):
    with pytest.raises(Unreadable) as caught:
        read_file(content, name="a.py")
    assert caught.value.kind == "unreadable"
    assert message in caught.value.message


def test_too_large():
    with pytest.raises(Unreadable) as caught:
        read_file(b"x = 1\n" * 10, name="a.py", max_bytes=50)
    assert caught.value.kind == "too-large"


@pytest.mark.parametrize(
    "name", ["a.py", "requirements.txt", "environment.yml", "pyproject.toml", "Dockerfile", "a.sh", "a.ipynb", "x"]
)
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=60, deadline=None)
def test_reading_raises_nothing_else(name, content):
    try:
        book = read_file(content, name=name)
    except Unreadable:
        return
    for code in book.codes:
        _ = code.installs


def test_empty_files_are_no_problem():
    for name in ("__init__.py", "requirements.txt", "environment.yml", "pyproject.toml"):
        assert read_file(b"", name=name).cell_count == 0


@pytest.mark.parametrize(
    "unit", ["# %%\n", '"""\n', "\\'''\n", "'''\"\"\"", "# MAGIC x\n", "# %% tags=[", "\n", "# %% [markdown]\n# x\n"]
)
def test_cost_is_linear(unit):
    import time

    def cost(count: int) -> float:
        text = "# %%\n" + unit * count
        start = time.process_time()
        read_python(text)
        return time.process_time() - start

    cost(100)
    small, large = min(cost(2_000) for _ in range(3)), min(cost(32_000) for _ in range(2))
    assert large < 16 * 8 * max(small, 0.002)
