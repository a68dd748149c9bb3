"""Notebooks of every size and of every bad shape, made when they are wanted."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from notebooks import code, display, markdown, notebook, stream
from tokens import credential, make

_QUIET = (
    "import numpy as np\nimport pandas as pd\n\nframe_# = pd.read_csv('data/part_#.csv')\nframe_#.describe()",
    "def train_#(model, batches, rate=0.#):\n    for batch in batches:\n        model(batch).mean().backward()\n    return rate",
    "figure, axes = plt.subplots(figsize=(#, 4))\naxes.plot(frame_#['x'], frame_#['y'])\nplt.show()",
    "model_# = build(hidden=#)\nmodel_#.compile('adam', loss='mse')\nmodel_#.fit(x, y, epochs=#)",
)
_LOUD = ("model_# = torch.load('model_#.pt', weights_only=False)", "!pip install -q numpy pandas")


def ordinary(cells: int) -> bytes:
    """A notebook as people write them: code, text, outputs, and now and then something to find."""
    return notebook(*map(ordinary_cell, range(cells)))


def ordinary_cell(number: int) -> dict[str, Any]:
    """One of its cells; no two are alike."""
    if number % 4 == 3:
        return markdown(
            f"## Step {number}\n\nAs [described](https://example.org/{number}), with a *few* words of text."
        )
    sources = _LOUD if number % 25 == 10 else _QUIET
    source = sources[number % len(sources)].replace("#", str(number))
    return code(source, outputs=[stream(f"epoch {number}: loss 0.{number}\n" * 5)])


def large(megabytes: float) -> Iterator[bytes]:
    """The pieces of a notebook that is large for what it shows: pictures, tables and logs in its outputs."""
    draw = random.Random(1)
    yield b'{"cells": [\n'
    for number in range(max(1, int(megabytes * 1e6 / 1_000_000))):
        size = int(min(megabytes, 1) * 1e6)
        outputs = [
            display({"image/png": draw.randbytes(size * 3 // 10).hex(), "text/plain": "<Figure>"}),
            display({"text/html": f"<tr><td>{number}</td><td>0.5</td></tr>\n" * (size // 200)}),
            stream(f"step {number}: loss 0.1\n" * (size // 100)),
        ]
        comma = b",\n" if number else b""
        yield comma + json.dumps({"id": f"c{number}"} | code(f"show({number})", outputs=outputs)).encode()
    yield b'\n], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


def changed_copies(paths: list[Path], times: int, folder: Path) -> int:
    """Write each notebook many times, every cell of each copy with another last line; gives the number of cells."""
    cells = 0
    for number, path in enumerate(paths):
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            continue
        sources = ["".join(cell["source"]) for cell in document.get("cells", [])]
        cells += times * len(sources)
        for time in range(times):
            for index, source in enumerate(sources):
                document["cells"][index]["source"] = f"{source}\n# {time}.{index}"
            (folder / f"{time:02}-{number:04}.ipynb").write_text(json.dumps(document, indent=1))
    return cells


def _one_cell(source: str) -> bytes:
    return notebook(source, indent=None)


def _filled(piece: str, size: int) -> str:
    return piece * max(1, size // len(piece))


def _tokens(size: int) -> list[str]:
    return [make("github", number) for number in range(max(2, size // 40))]


def _keys(size: int) -> str:
    begin = "-" * 5 + "BEGIN PRIVATE KEY" + "-" * 5 + "\n"
    return _filled(begin, size)


# Each makes a notebook of about as many bytes as are asked for.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "one line: a literal": lambda size: _one_cell(f"x = '{'a' * size}'"),
    "one line: an output": lambda size: notebook(code("1", outputs=[stream("a b " * (size // 4))]), indent=None),
    "one line: no Python": lambda size: _one_cell("x = ( " + "a b " * (size // 4)),
    "one line: a shell command": lambda size: _one_cell("!pip install " + _filled("a-package ", size)),
    "one line: markdown": lambda size: notebook(markdown(_filled("[a](b) *c* ", size)), indent=None),
    "outputs": lambda size: notebook(code("1", outputs=[stream("1")] * (size // 60)), indent=None),
    "cells": lambda size: notebook(*["x = 1"] * (size // 110), indent=None),
    "deep: parentheses": lambda size: _one_cell("\n".join(["x = " + "(" * 190 + "1" + ")" * 190] * (size // 390))),
    "deep: brackets unclosed": lambda size: _one_cell("x = " + "[" * size),
    "deep: a sum": lambda size: _one_cell("x = a" + " + a" * (size // 4)),
    "deep: sums of texts": lambda size: _one_cell("x = 'a'" + " + 'a'" * (size // 6)),
    "deep: attributes": lambda size: _one_cell("\n".join(["x = a" + ".b" * 900] * (size // 1800))),
    "deep: calls": lambda size: _one_cell("\n".join(["f(" * 90 + "1" + ")" * 90] * (size // 270))),
    "deep: substitutions": lambda size: _one_cell("!echo " + "$(echo " * (size // 8) + ")" * (size // 8)),
    "deep: outputs of JSON": lambda size: notebook(
        *[code("1", outputs=[display({"application/json": _nested(90)})])] * (size // 400), indent=None
    ),
    "constants: numbers": lambda size: _one_cell("x = [" + "1, " * (size // 3) + "]"),
    "constants: texts": lambda size: _one_cell("x = [" + ", ".join(f"'{n}'" for n in range(size // 9)) + "]"),
    "constants: a dictionary": lambda size: _one_cell(
        "x = {" + ", ".join(f"'key{n}': '{n}'" for n in range(size // 18)) + "}"
    ),
    "names: each from the one before": lambda size: _one_cell(
        "a0 = 'a'\n" + "".join(f"a{n + 1} = a{n} + 'b'\n" for n in range(size // 18))
    ),
    "names: one, written again and again": lambda size: _one_cell("x = load(x)\n" * (size // 13)),
    "names: all use one": lambda size: _one_cell("u = input()\n" + "os.system(f'a {u}')\n" * (size // 21)),
    "findings: loads": lambda size: _one_cell("import pickle\n" + "pickle.load(f)\n" * (size // 16)),
    "findings: downloads": lambda size: _one_cell(
        "".join(f"!wget http://example.org/{n}.pkl\nimport torch; torch.load('{n}.pkl')\n" for n in range(size // 70))
    ),
    "findings: tokens in one literal": lambda size: _one_cell("x = '" + " ".join(_tokens(size)) + "'"),
    "findings: tokens in cells": lambda size: notebook(
        *[f"x = '{token}'" for token in _tokens(size // 4)], indent=None
    ),
    "findings: tokens in an output": lambda size: notebook(
        code("1", outputs=[stream("\n".join(_tokens(size)))]), indent=None
    ),
    "findings: passwords": lambda size: _one_cell(
        "\n".join(f"password = '{credential('password', n)}'" for n in range(size // 28))
    ),
    "bait: blanks": lambda size: _one_cell("x = 1" + " " * size + "\n# " + "\t " * 10),
    "bait: token beginnings": lambda size: _one_cell(f"x = '{_filled('gh' + 'p_', size)}'"),
    "bait: web token beginnings": lambda size: _one_cell(f"x = '{_filled('eyJ', size)}'"),
    "bait: key beginnings": lambda size: notebook(code("1", outputs=[stream(_keys(size))]), indent=None),
    "bait: URLs without an end": lambda size: _one_cell("x = '" + _filled("https://a:", size) + "'"),
    "bait: at signs": lambda size: _one_cell("x = 'https://a:b" + "@" * size + "'"),
    "bait: assignments": lambda size: _one_cell("# " + _filled("password=", size)),
    "bait: quotes": lambda size: _one_cell(_filled("'\"", size)),
    "bait: percent signs": lambda size: notebook(markdown("https://a/?sig=" + "%2" * (size // 2)), indent=None),
    "bait: ignore comments": lambda size: _one_cell(_filled("x = 1  # mlsecops: ignore[a,b]\n", size)),
    "bait: tags": lambda size: notebook(
        code("1", outputs=[display({"text/html": _filled("<a href='", size)})]), indent=None
    ),
    "bait: continued lines": lambda size: _one_cell("!a \\\n" + _filled("b \\\n", size)),
    "bait: invisible characters": lambda size: _one_cell(f"x = '{chr(0x200B) * (size // 6)}'"),
    "bait: escapes": lambda size: _one_cell("x = '" + _filled("\\x41", size) + "'"),
    "bait: f-strings": lambda size: _one_cell("x = f'" + _filled("{a}", size) + "'"),
}


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value
