"""What Markdown shows as code: found where every reader agrees, left out where one may not."""

from __future__ import annotations

import time

import pytest

from jupyter_mlsecops.notebook.markdown_code import code_spans


def codes(text: str) -> list[str]:
    return [text[start:end].strip("\n") for start, end in code_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a `b` c ``d ` e`` f", ["b", "d ` e"]),
        ("```\na\n```\nb", ["a"]),
        ("~~~ python\na\n```\n~~~", ["a\n```"]),
        ("````\n```\na\n```\n````\n`b`", ["```\na\n```", "b"]),
        ("```\nnever closed", ["never closed"]),
        ("- item\n\n  ```\n  a\n  ```\n- `b`", ["  a", "b"]),
        ("see <img src=x>\n\n```\na\n```", ["a"]),
        ("a ` b\n\nc `d`", ["d"]),
        ("```inline``` and `b`", ["inline", "b"]),
    ],
)
def test_code(text: str, expected: list[str]):
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<!--\n\n```\n-->\nX\n```",
        "<pre>\n\n`X`\n</pre>",
        "# a `\nX `",
        "| ` | X ` |",
        "- ```\n  ```\n  X",
        "1. ```\n   ```\n   X",
        "> ```\nX",
        "    ```\nX",
        "- a\n  ```\nX",
        "\\`X`",
        "<a title='`'> X `",
        "$$\n```\n$$\nX\n```",
        "$`$ X `",
        "a\u2028```\nX",
        "```\rX",
        "text\n    ```\n    X",
    ],
)
def test_doubt(text: str):
    assert not any("X" in found for found in codes(text))


@pytest.mark.parametrize("piece", ["`", "` `` ", "```\n", "a ` b | ", "> ```\n", "<!--", "~~~ `\n", "\\`"])
def test_linear(piece: str):
    started = time.process_time()
    code_spans(piece * 60_000)
    assert time.process_time() - started < 5
