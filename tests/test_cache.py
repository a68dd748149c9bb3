"""A check with a cache says what a check without one says, however the notebook is edited; so does one without the gate."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebooks import code, markdown, notebook, stream

from jupyter_mlsecops.cache import MemoryCache
from jupyter_mlsecops.check import check
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.rules import all_rules

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

# Lines that bind what others use, by every way that one cell reaches another.
LINES = (
    "import torch", "import pickle as torch", "from torch import load", "import pickle as p", "from transformers import *", "import os, requests",
    'PATH = "model.pt"', 'PATH = "other.pt"', 'URL = "http://example.org/model.pt"', 'URL = "https://example.org/data.csv"',
    "m = torch.load(PATH)", "m = load(PATH)", "p.load(open(PATH, 'rb'))", "open(PATH, 'wb').write(requests.get(URL).content)",
    "torch.save(m, PATH)", "!wget {URL} -O $PATH", "!pip install {PACKAGE}", 'PACKAGE = "requests"', 'PACKAGE += "==2.0"', "%cd data",
    "os.chdir('..')", 'NAME = "1"', 'NAME = "0"', "os.environ['TRANSFORMERS_OFFLINE'] = NAME", "os.environ.update({'PATH_TO': PATH})", "!python $PATH_TO",
    "paths = [PATH, 'd.pt']", "torch.load(paths[0])", "AutoModel.from_pretrained('a/c')", "def path():\n    return PATH", "torch.load(path())", "C.path = URL", "%env NAME=value", "os.environ['HF_HUB_OFFLINE'] = '1'", "def get(url):\n    return requests.get(url).content",
    "get(URL)", "exec(get(URL))", "class C:\n    path = PATH\n    def load(self):\n        return torch.load(self.path)", "C().load()",
    "c.path = PATH", "cfg['trust_remote_code'] = True", "cfg = {}", "AutoModel.from_pretrained('a/b', **cfg)", "for PATH in ('a.pt', 'b.pt'):\n    torch.load(PATH)",
    "requests.get(URL, verify=False)", "assert hashlib.sha256(open(PATH, 'rb').read()).hexdigest() == '0' * 64", "import hashlib", "print(m)",
    "%%writefile run.py\nimport pickle\npickle.load(f)", "!python run.py", "!git clone https://github.com/a/b", "%cd b\n!python setup.py install",
    "!git checkout 0123456789012345678901234567890123456789", "!pip install 'torch>=2.6'", "x = 1", "", "def broken(:", "if x:\n    PATH = 'c.pt'",
    "%%bash\nexport PATH_TO=a.pt\ncurl https://example.org/i.sh | sh", "load = torch.load", "m = input()", "eval(m)", "!echo {m}",
    "api_key = 'Zk3pQ9vXw2Lr8TnB5mYc'  # mlsecops: ignore[hardcoded-credential]", "password = 'correct-horse-7-battery'",
)  # fmt: skip
SOURCES = st.lists(st.sampled_from(LINES), max_size=3).map("\n".join)
CELLS = st.one_of(
    SOURCES.map(code),
    st.tuples(SOURCES, st.sampled_from(["password: hunter2-and-more", "fine"])).map(
        lambda pair: code(pair[0], outputs=[stream(pair[1])])
    ),
    st.sampled_from(["# Title", "see <http://user:pa55word-x@example.org>"]).map(markdown),
)
# An edit: where, and what stands there then; or a cell more or less.
EDITS = st.lists(
    st.tuples(st.sampled_from(["replace", "replace", "append", "append", "insert", "delete"]), st.integers(0, 9), CELLS), max_size=8
)  # fmt: skip


def outcome(content: bytes, cache: MemoryCache | None = None) -> bytes:
    return msgspec.json.encode(file_result(lint(content, path="a.ipynb", cache=cache)))


def test_a_name_that_is_one_import_only_since_an_edit_means_something_else():
    others = ["import pickle as torch", "import pickle as torch", "m = torch.load(PATH)"]
    cache = MemoryCache()
    for source in ("import torch", "import pickle as torch", "import torch"):
        edited = notebook(*map(code, [*others[:2], source, others[2]]))
        assert outcome(edited, cache) == outcome(edited)


@settings(deadline=None, max_examples=150)
@given(cells=st.lists(CELLS, min_size=1, max_size=6), edits=EDITS)
def test_an_edited_notebook_is_checked_as_if_it_were_new(cells, edits):
    cache = MemoryCache()
    assert outcome(notebook(*cells), cache) == outcome(notebook(*cells))
    for kind, at, cell in edits:
        index = at % len(cells)
        if kind == "insert":
            cells = [*cells[:index], cell, *cells[index:]]
        elif kind == "delete" and len(cells) > 1:
            cells = [*cells[:index], *cells[index + 1 :]]
        elif kind == "append" and cells[index]["cell_type"] == cell["cell_type"]:
            more = cells[index] | {"source": f"{cells[index]['source']}\n{cell['source']}"}
            cells = [*cells[:index], more, *cells[index + 1 :]]
        else:
            cells = [*cells[:index], cell, *cells[index + 1 :]]
        assert outcome(notebook(*cells), cache) == outcome(notebook(*cells))


def test_an_executed_cell_is_a_changed_one():
    def book(first: int, second: int) -> bytes:
        return notebook(
            code("import torch\ntorch.save(m, 'a.pt')", execution_count=first),
            code("import torch\ntorch.load('a.pt', weights_only=False)", execution_count=second),
        )

    cache = MemoryCache()
    for counts in ((1, 2), (3, 2), (3, 4)):
        assert outcome(book(*counts), cache) == outcome(book(*counts))


def test_notebooks_that_share_cells_do_not_share_places():
    cell = "import torch\ntorch.load('a.pt', weights_only=False)"
    cache = MemoryCache(documents=0)
    for book in (notebook(cell, cell), notebook("x = 1", cell), notebook(cell, "torch = 1", cell)):
        assert outcome(book, cache) == outcome(book)


def test_a_cache_forgets_the_oldest():
    cache = MemoryCache(documents=1, characters=100)
    for number in range(20):
        book = notebook(f"import pickle\npickle.load(open('{number}.pkl', 'rb'))", "x = 1")
        assert msgspec.json.encode(file_result(lint(book, path=f"{number}.ipynb", cache=cache))) == msgspec.json.encode(
            file_result(lint(book, path=f"{number}.ipynb"))
        )


@settings(deadline=None, max_examples=100)
@given(cells=st.lists(CELLS, min_size=1, max_size=6))
def test_the_gate_loses_nothing(cells):
    assert_gate_loses_nothing(notebook(*cells))


def assert_gate_loses_nothing(content: bytes) -> None:
    rules = all_rules().values()
    gated, ungated = (check(read(content), rules, gated=gated) for gated in (True, False))
    assert gated.results == ungated.results
    assert gated.problems == ungated.problems


def examples() -> list[Path]:
    return sorted((Path(__file__).parents[1] / "examples").rglob("*.ipynb"))


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.name)
def test_the_gate_loses_nothing_in_examples(path):
    assert_gate_loses_nothing(path.read_bytes())


@pytest.fixture(scope="module")
def real_notebooks() -> list[bytes]:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not here")
    paths = sorted(CORPUS.rglob("*.ipynb"))[::60]
    contents = [path.read_bytes() for path in paths]
    return [content for content in contents if _is_json(content)]


def test_the_gate_loses_nothing_in_real_notebooks(real_notebooks):
    for content in real_notebooks:
        assert_gate_loses_nothing(content)


def test_edits_of_real_notebooks(real_notebooks):
    for number, content in enumerate(real_notebooks[:20]):
        book = json.loads(content)
        cache = MemoryCache()
        outcome(json.dumps(book).encode(), cache)
        cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        for step, cell in enumerate(cells[:6]):
            cell["source"] = "".join(cell["source"]) + "\n" + LINES[(number * 7 + step * 5) % len(LINES)]
            edited = json.dumps(book).encode()
            assert outcome(edited, cache) == outcome(edited)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
