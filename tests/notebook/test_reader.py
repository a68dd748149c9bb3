"""Reading: what stands in a well-formed notebook comes out, decoded, under the right part."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.model import Notebook
from jupyter_mlsecops.notebook.reader import read


def notebook(*cells: dict, minor: int = 5, **metadata: object) -> bytes:
    cells = [{"id": f"c{number}", "metadata": {}, **cell} for number, cell in enumerate(cells)]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}).encode()


def code(source: object = "", **members: object) -> dict:
    return {"cell_type": "code", "source": source, "outputs": [], "execution_count": None, **members}


def parts(read_notebook: Notebook) -> dict[tuple[int | None, str], str]:
    return {(text.cell, text.part): text.text for text in read_notebook.texts()}


def output_parts(*outputs: dict) -> dict[str, str]:
    [cell] = read(notebook(code(outputs=list(outputs)))).cells
    return {text.part: text.text for text in cell.texts[1:]}


def output_mimes(*outputs: dict) -> dict[str, str]:
    [cell] = read(notebook(code(outputs=list(outputs)))).cells
    return {text.part: text.mime for text in cell.texts[1:]}


def display(**data: object) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": {}}


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    peaks: list[int] = []
    tracemalloc.start()
    try:
        yield lambda: peaks[0]
        peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def test_cells() -> None:
    raw = {"cell_type": "raw", "source": "r"}
    result = read(notebook({"cell_type": "markdown", "source": ["# a\n", "b"]}, code("x", execution_count=7), raw))
    assert [(c.index, c.type, c.id, c.source, c.execution_count) for c in result.cells] == [
        (0, "markdown", "c0", "# a\nb", None),
        (1, "code", "c1", "x", 7),
        (2, "raw", "c2", "r", None),
    ]
    assert result.repairs == ()


@pytest.mark.parametrize("minor", range(7))
def test_every_minor_version(minor: int) -> None:
    cell = code("x = 1")
    if minor < 5:
        cell["id"] = None
    result = read(notebook(cell, minor=minor))
    assert result.cells[0].source == "x = 1"
    assert result.repairs == ()


def test_tags_even_when_the_key_is_escaped() -> None:
    content = notebook(code(metadata={"tags": ["a", "b", 1]})).replace(b'"tags"', b'"t\\u0061gs"')
    assert read(content).cells[0].tags == {"a", "b"}


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"language_info": {"name": "R"}}, "r"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"language_info": {"name": "julia"}, "kernelspec": {"language": "python"}}, "julia"),
        ({"kernelspec": {"language": "Scala", "name": "x"}}, "scala"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": {"name": "julia-1.9"}}, "julia"),
        ({"kernelspec": {"name": "bash"}}, "bash"),
        ({"kernelspec": {"name": "python3"}}, "python"),
        ({"kernelspec": {"name": "conda_pytorch_p310"}}, "python"),
        ({"kernelspec": "ir", "language_info": ["R"]}, "python"),
        ({"kernelspec": {"name": None}, "language_info": {"name": 3}}, "python"),
    ],
)
def test_language(metadata: dict, language: str) -> None:
    assert read(notebook(**metadata)).language == language


def test_streams() -> None:
    found = output_parts(
        {"output_type": "stream", "name": "stdout", "text": ["a\r", "b\n"]},
        {"output_type": "stream", "name": "stderr", "text": "c"},
    )
    assert found == {"/outputs/0/text": "a\rb\n", "/outputs/1/text": "c"}
    mimes = output_mimes({"output_type": "stream", "name": "stderr", "text": "c"}, {"name": "stdout", "text": "d"})
    assert mimes == {
        "/outputs/0/text": "application/vnd.jupyter.stderr",
        "/outputs/1/text": "application/vnd.jupyter.stdout",
    }


def test_traceback_keeps_its_colours_and_swallows_the_message() -> None:
    lines = ["\x1b[0;31mValueError\x1b[0m", "ValueError: bad"]
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": lines}
    assert output_parts(error) == {"/outputs/0/traceback": "\n".join(lines)}
    assert set(output_mimes(error).values()) == {"application/vnd.jupyter.error"}


def test_message_that_the_traceback_has_not() -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "all of it", "traceback": ["cut"]}
    assert output_parts(error) == {"/outputs/0/traceback": "cut", "/outputs/0/evalue": "all of it"}


def test_mime_data_is_named_by_an_escaped_pointer() -> None:
    found = output_mimes(display(**{"text/html": ["<b>", "x"], "image/svg+xml": "<svg/>", "a~b/c": "t"}))
    assert found == {
        "/outputs/0/data/text~1html": "text/html",
        "/outputs/0/data/image~1svg+xml": "image/svg+xml",
        "/outputs/0/data/a~0b~1c": "a~b/c",
    }


@pytest.mark.parametrize(
    "mime",
    [
        "image/png",
        "IMAGE/JPEG",
        "image/png; x=1",
        "application/pdf",
        "audio/wav",
        "video/mp4",
        "font/woff2",
        "application/octet-stream",
    ],
)
def test_binary_payloads_are_no_text(mime: str) -> None:
    assert output_parts(display(**{mime: "aGVsbG8="})) == {}
    assert len(read(notebook(code(attachments={"a": {mime: "aGVsbG8="}}))).cells[0].texts) == 1


def test_json_data_is_taken_apart() -> None:
    value = {"a": ["x", 1, {"b/c": "y"}], "lines": ["p", "q"], "n": 1, "e": "", "z": [["s"]]}
    part = "/outputs/0/data/application~1json"
    assert output_parts(display(**{"application/json": value})) == {
        f"{part}/a/0": "x",
        f"{part}/a/2/b~1c": "y",
        f"{part}/lines": "p\nq",
        f"{part}/z/0": "s",
    }
    vega = output_mimes(display(**{"application/vnd.vega.v5+json": {"a": {"b": "c"}}}))
    assert vega == {"/outputs/0/data/application~1vnd.vega.v5+json/a/b": "application/json"}
    assert output_parts(display(**{"application/json": "bare"})) == {part: "bare"}


def test_metadata_leaves() -> None:
    cell = code(metadata={"tags": ["a", "b"], "k": {"x": "y"}}, outputs=[{"metadata": {"m": "n"}, "data": {}}])
    result = read(notebook(cell, widgets={"state": {"1": {"value": "<p>"}}}, authors=[{"name": "N"}]))
    assert parts(result) == {
        (0, "/source"): "",
        (0, "/metadata/tags"): "a\nb",
        (0, "/metadata/k/x"): "y",
        (0, "/outputs/0/metadata/m"): "n",
        (None, "/metadata/widgets/state/1/value"): "<p>",
        (None, "/metadata/authors/0/name"): "N",
    }
    assert {text.mime for text in result.metadata_texts} == {"text/x-metadata"}


def test_metadata_leaves_out_binary_payloads() -> None:
    state = {"outputs": [{"data": {"image/png": "aGVsbG8=", "text/plain": "t"}}]}
    assert list(parts(read(notebook(widgets=state))).values()) == ["t"]


def test_attachments() -> None:
    cell = {"cell_type": "markdown", "source": "", "attachments": {"a/b.svg": {"image/svg+xml": "<svg/>"}}}
    assert parts(read(notebook(cell)))[0, "/attachments/a~1b.svg/image~1svg+xml"] == "<svg/>"


def test_texts_come_in_file_order() -> None:
    cell = code("s", metadata={"m": "1"}, attachments={"a": {"text/plain": "2"}}, outputs=[{"text": "3"}])
    assert [text.text for text in read(notebook(cell, z="4")).texts()] == ["s", "2", "1", "3", "4"]


def test_ill_typed_outputs_do_not_hide_the_others() -> None:
    found = output_parts(
        {"text": ["a", 1, ["b"]]}, {"data": {"text/html": {"x": "c"}}}, {"traceback": "d"}, {"data": "e"}, {"evalue": "f"}
    )  # fmt: skip
    assert found == {
        "/outputs/0/text": "a\n1\nb",
        "/outputs/1/data/text~1html/x": "c",
        "/outputs/2/traceback": "d",
        "/outputs/4/evalue": "f",
    }


def test_a_number_out_of_range_hides_nothing() -> None:
    content = notebook(code(metadata={"k": "v", "n": 0})).replace(b'"n": 0', b'"n": 1e999, "m": ' + b"9" * 5000)
    assert parts(read(content))[0, "/metadata/k"] == "v"


def test_pointers_stay_within_bounds() -> None:
    hostile = {"k" * 1_000_000: [{"x": f"leaf{number}"} for number in range(1000)]}
    content = notebook(code(metadata=hostile))
    with peak_memory() as peak:
        texts = read(content).cells[0].texts
    assert peak() < 60_000_000
    assert texts[-1].part == "/metadata"
    together = "\n".join(text.text for text in texts[1:])
    assert together.split("\n") == [f"leaf{number}" for number in range(1000)]


def test_a_large_notebook_is_not_copied_more_than_twice() -> None:
    content = notebook(code(outputs=[display(**{"image/png": "A" * 30_000_000})]))
    with peak_memory() as peak:
        assert len(list(read(content).texts())) == 1
    assert peak() < 2.1 * len(content)


def test_a_notebook_can_be_pickled() -> None:
    result = read(notebook(code("x", outputs=[{"text": "t"}]), m="n"))
    assert parts(pickle.loads(pickle.dumps(result))) == parts(result)


OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                {
                    "cell_type": "code",
                    "input": ["a = 1\n", "b"],
                    "prompt_number": 3,
                    "language": "python",
                    "metadata": {},
                    "outputs": [
                        {"output_type": "stream", "stream": "stderr", "text": ["s\n"]},
                        {
                            "output_type": "pyout",
                            "prompt_number": 3,
                            "text": ["p"],
                            "html": "<b>",
                            "png": "aGVsbG8=",
                            "metadata": {},
                        },
                        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t", "E: v"]},
                    ],
                },
            ]
        }
    ],
}


def test_nbformat_3() -> None:
    result = read(json.dumps(OLD).encode())
    assert result.file_text is None
    assert result.source_map is None
    assert [(cell.type, cell.id, cell.execution_count) for cell in result.cells] == [
        ("markdown", None, None),
        ("code", None, 3),
    ]
    assert parts(result) == {
        (0, "/source"): "## Title",
        (1, "/source"): "a = 1\nb",
        (1, "/outputs/0/text"): "s\n",
        (1, "/outputs/1/data/text~1plain"): "p",
        (1, "/outputs/1/data/text~1html"): "<b>",
        (1, "/outputs/2/traceback"): "t\nE: v",
        (None, "/metadata/name"): "old",
    }


def test_nbformat_3_as_nbformat_reads_it() -> None:
    theirs = nbformat.reads(json.dumps(OLD), as_version=4)
    assert [cell.source for cell in read(json.dumps(OLD).encode()).cells] == [cell.source for cell in theirs.cells]


def test_nbformat_1_and_2() -> None:
    first = {
        "nbformat": 1,
        "cells": [{"cell_type": "code", "code": "x", "outputs": []}, {"cell_type": "text", "text": "t"}],
    }
    second = {"nbformat": 2, "worksheets": [{"cells": [{"cell_type": "code", "input": "y"}]}]}
    assert [(cell.type, cell.source) for cell in read(json.dumps(first).encode()).cells] == [
        ("code", "x"),
        ("markdown", "t"),
    ]
    assert [cell.source for cell in read(json.dumps(second).encode()).cells] == ["y"]


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
LINES = TEXT | st.lists(TEXT, min_size=1, max_size=4)


def joined(value: str | list[str], join: str = "") -> str:
    return value if isinstance(value, str) else join.join(value)


@given(
    source=LINES, stream=LINES, html=LINES, attached=LINES, leaf=LINES, meta=LINES, note=LINES, top=LINES, trace=LINES,
    ensure_ascii=st.booleans(), indent=st.sampled_from([None, 1]),
)  # fmt: skip
@settings(deadline=None)
def test_no_channel_is_lost(source, stream, html, attached, leaf, meta, note, top, trace, ensure_ascii, indent) -> None:
    cell = {
        "cell_type": "code",
        "id": "i",
        "source": source,
        "metadata": {"k": {"x": meta}},
        "attachments": {"a.b": {"text/plain": attached}},
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": stream},
            {
                "output_type": "display_data",
                "data": {"text/html": html, "x/y+json": [1, leaf]},
                "metadata": {"n": note},
            },
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": trace},
        ],
    }
    document = {"cells": [cell], "metadata": {"top": top}, "nbformat": 4, "nbformat_minor": 5}
    content = json.dumps(document, ensure_ascii=ensure_ascii, indent=indent).encode()
    assert parts(read(content)) == {
        (0, "/source"): joined(source),
        (0, "/attachments/a.b/text~1plain"): joined(attached),
        (0, "/metadata/k/x"): joined(meta, "\n"),
        (0, "/outputs/0/text"): joined(stream),
        (0, "/outputs/1/data/text~1html"): joined(html),
        (0, "/outputs/1/data/x~1y+json/1"): joined(leaf, "\n"),
        (0, "/outputs/1/metadata/n"): joined(note, "\n"),
        (0, "/outputs/2/traceback"): joined(trace, "\n"),
        (None, "/metadata/top"): joined(top, "\n"),
    }
