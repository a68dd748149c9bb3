from __future__ import annotations

import shlex
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.shell.commands import (
    HOLE,
    Command,
    Pipeline,
    Word,
    flatten,
    inner_script,
    literal_word,
    moved,
    parse,
    positions,
)


def commands(text: str, dialect: str = "ipython", **values: str) -> list[Command]:
    return list(flatten(parse(text, dialect=dialect, fill=lambda _, name: values.get(name))))


def only(text: str, dialect: str = "ipython", **values: str) -> Command:
    (command,) = commands(text, dialect, **values)
    return command


def texts(words: tuple[Word, ...]) -> list[str]:
    return [word.text for word in words]


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pip install torch", ["pip", "install", "torch"]),
        ("echo 'a b' \"c d\" e\\ f", ["echo", "a b", "c d", "e f"]),
        ("echo a'b'\"c\"d", ["echo", "abcd"]),
        ("echo '' \"\"", ["echo", "", ""]),
        ('echo "a\\"b\\$c\\d"', ["echo", 'a"b$c\\d']),
        ("echo a#b # comment", ["echo", "a#b"]),
        ("echo $'a\\'b'", ["echo", "a'b"]),
        ("awk '{print $1}' file", ["awk", "{print $1}", "file"]),
        ('curl -d \'{"a": {"b": 1}}\'', ["curl", "-d", '{"a": {"b": 1}}']),
        ("find . -exec ls {} +", ["find", ".", "-exec", "ls", "{}", "+"]),
        ("docker ps --format '{{.Names}}'", ["docker", "ps", "--format", "{.Names}"]),
        ("echo {1..5} a}b", ["echo", "{1..5}", "a}b"]),
        ("echo {x} a{x}b '{x}' \"$x\" '$x' ${x}", ["echo", HOLE, f"a{HOLE}b", HOLE, HOLE, "$x", HOLE]),
        ("echo $(a) `b` $((1 + 2)) ${x:-y} $1", ["echo", *[HOLE] * 5]),
        ('echo $ a$ "$"', ["echo", "$", "a$", "$"]),
        ("a\\\nb \\\n   c", ["a", "b", "c"]),
        ("echo unclosed 'a b", ["echo", "unclosed", "a b"]),
        ('echo unclosed "a b', ["echo", "unclosed", "a b"]),
        ("echo a\xa0b\u2028c", ["echo", "a\xa0b\u2028c"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    command = commands(text)[0]
    assert texts(command.words) == words


def test_a_script_joins_continued_lines_without_a_blank() -> None:
    assert texts(only("echo a\\\nb\\\r\nc", "script").words) == ["echo", "abc"]


def test_a_script_knows_no_python() -> None:
    assert texts(only("echo {x} {{y}}", "script", x="1").words) == ["echo", "{x}", "{{y}}"]


def test_spans_leave_quotes_out_of_segments_only() -> None:
    text = "echo  'a b'c"
    word = only(text).words[1]
    assert text[word.start : word.end] == "'a b'c"
    assert [text[segment.start : segment.end] for segment in word.segments] == ["a b", "c"]
    assert [segment.quoted for segment in word.segments] == [True, False]
    assert word.quoted
    assert text[slice(*word.span(0, 3))] == "a b"
    assert text[slice(*word.span(2, 4))] == "b'c"


# -- interpolation ----------------------------------------------------------------------------------------------------


def test_known_values_are_filled_in() -> None:
    command = only('pip install x=={VERSION} y==$VERSION "z==${VERSION}"', VERSION="1.2")
    assert texts(command.arguments) == ["install", "x==1.2", "y==1.2", "z==1.2"]
    assert all(word.known for word in command.words)


def test_an_unquoted_value_splits_into_words_at_one_place() -> None:
    text = "pip install {FLAGS} $MORE a"
    command = only(text, FLAGS="-q --user", MORE="b c")
    assert texts(command.arguments) == ["install", "-q", "--user", "b", "c", "a"]
    assert [text[word.start : word.end] for word in command.arguments[1:5]] == ["{FLAGS}", "{FLAGS}", "$MORE", "$MORE"]


def test_an_empty_value_is_no_word() -> None:
    assert texts(only("pip install {FLAG} $FLAG a", FLAG="").arguments) == ["install", "a"]


def test_a_quoted_value_stays_one_word() -> None:
    assert texts(only('echo "{X}" \'{X}\' "$X"', X="a b").arguments) == ["a b"] * 3


def test_ipython_writes_values_before_the_shell_reads() -> None:
    found = commands("{CMD}", CMD="pip install a && pip install b>=1")
    assert [command.program for command in found] == ["pip", "pip"]
    assert [redirect.operator for redirect in found[1].redirects] == [">"]


def test_an_escaped_variable_is_the_shells() -> None:
    assert texts(only("echo $$HOME {{x}}", HOME="wrong", x="wrong").arguments) == [HOLE, "{x}"]


def test_an_expression_with_nested_braces_and_a_conversion() -> None:
    segments = only("echo {d['a']} {f({1: 2}[1])!r}").arguments
    assert [word.segments[0].text for word in segments] == ["d['a']", "f({1: 2}[1])"]
    assert {word.segments[0].kind for word in segments} == {"python"}


def test_a_script_knows_what_it_assigns() -> None:
    text = "VERSION=1.2\nexport NAME='a b'\npip install x==$VERSION \"$NAME\"\nVERSION=$(date)\npip install y==$VERSION"
    found = [command for command in commands(text, "script") if command.program == "pip"]
    assert [texts(command.arguments) for command in found] == [["install", "x==1.2", "a b"], ["install", f"y=={HOLE}"]]


def test_a_loop_variable_is_not_known() -> None:
    found = commands("p=a\nfor p in b c; do pip install $p; done", "script")
    assert texts(found[-1].arguments) == ["install", HOLE]


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["a && b", "a || b", "a; b", "a & b", "a\nb", "a | b", "a |& b", "(a; b)", "{ a; b; }", "if a; then b; fi", "a $(b)",
     "a `b`", "a <(b)", 'a "$(b)"', "while a; do b; done", "! a && b", "a \\\n && b", "f() { a; b; }",
     "sh -c 'a' ; b", 'bash -lc "a && b"', "a # x && y\nb"],
)  # fmt: skip
def test_every_command_is_found(text: str) -> None:
    programs = [command.program for command in commands(text, "script")]
    assert [program for program in programs if program in "ab"] == ["a", "b"]


def pipes(text: str, dialect: str = "script") -> list[list[str]]:
    return [[command.program for command in pipeline.commands] for pipeline in parse(text, dialect=dialect)]


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("curl x | sh", [["curl", "sh"]]),
        ("curl x |\n sudo bash -s", [["curl", "bash"]]),
        ("(curl x || wget y) | sh", [["curl", "wget", "sh"]]),
        ("for u in a b; do curl $u; done | sh", [["for", "curl", "sh"]]),
        ("curl x | (cat; sh)", [["curl", "cat"], ["sh"]]),
        ("(a)|(b)|c; d", [["a", "b", "c"], ["d"]]),
        ("a; | b", [["a"], ["b"]]),
    ],
)
def test_pipelines(text: str, programs: list[list[str]]) -> None:
    assert pipes(text) == programs


@pytest.mark.parametrize(
    ("text", "program", "arguments"),
    [
        ("pip install x", "pip", ["install", "x"]),
        ("pip3.11 install x", "pip", ["install", "x"]),
        ("~/envs/e/bin/pip install x", "pip", ["install", "x"]),
        ("{sys.executable} -m pip install x", "pip", ["install", "x"]),
        ('"{sys.executable}" -m pip install x', "pip", ["install", "x"]),
        ("$PYTHON -m pip install x", "pip", ["install", "x"]),
        ("{prefix}/bin/pip install x", "pip", ["install", "x"]),
        ("python3 -W ignore -mpip install x", "pip", ["install", "x"]),
        ("py -3 -m pip install x", "pip", ["install", "x"]),
        ("python -m http.server", "python", ["-m", "http.server"]),
        ("python -c 'print(1)' -m pip", "python", ["-c", "print(1)", "-m", "pip"]),
        ("'C:\\Python\\python.exe' -m pip install x", "pip", ["install", "x"]),
        ("sudo -H -u me pip install x", "pip", ["install", "x"]),
        ("env -u A B=1 C=2 pip install x", "pip", ["install", "x"]),
        ("A=1 B=2 nohup nice -n 5 pip install x", "pip", ["install", "x"]),
        ("time timeout -k 1 60 pip install x", "pip", ["install", "x"]),
        ("conda run -n env pip install x", "pip", ["install", "x"]),
        ("xargs -n 1 pip install", "pip", ["install"]),
        ("uv pip install x", "uv", ["pip", "install", "x"]),
        ("{cmd} install x", "", ["install", "x"]),
        ("A=1", "", []),
        ("sudo", "", []),
    ],
)
def test_programs(text: str, program: str, arguments: list[str]) -> None:
    command = only(text)
    assert (command.program, texts(command.arguments)) == (program, arguments)


def test_assignments() -> None:
    command = only("A=1 B='x y' C= pip D=2")
    assert [(name, value.text) for name, value in command.assignments] == [("A", "1"), ("B", "x y"), ("C", "")]
    assert texts(command.words) == ["pip", "D=2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > b", [(">", "b", False)]),
        ("a>b", [(">", "b", True)]),
        ("a>=2.0,<3", [(">", "=2.0,", True), ("<", "3", True)]),
        ("a 2>&1 &> /dev/null >> c", [("2>&", "1", False), ("&>", "/dev/null", False), (">>", "c", False)]),
        ("a2>b", [(">", "b", True)]),
        ("a 2>b", [("2>", "b", False)]),
        ("a <<< 'b c'", [("<<<", "b c", False)]),
        ("a >", [(">", None, False)]),
        ("a > ; b", [(">", None, False)]),
        ("a > 'b c'", [(">", "b c", False)]),
        ("a 'x>y' \"x<y\" x\\>y", []),
    ],
)
def test_redirections(text: str, expected: list[tuple[str, str | None, bool]]) -> None:
    found = commands(text)[0].redirects
    assert [(one.operator, one.target and one.target.text, one.glued) for one in found] == expected


def test_a_here_document_is_not_commands() -> None:
    text = "cat > file <<'EOF' && a\npip install x\nEOF\nb"
    found = commands(text, "script")
    assert [command.program for command in found] == ["cat", "a", "b"]
    document = found[0].redirects[1]
    assert document.body == "pip install x\n"
    assert text[document.body_start :].startswith("pip install x")


def test_two_here_documents_stand_one_behind_the_other() -> None:
    found = commands("a <<X <<-Y\n1\nX\n2\n\tY\nb", "script")
    assert [redirect.body for redirect in found[0].redirects] == ["1\n", "2\n"]
    assert found[1].program == "b"


def test_a_comment_on_joined_lines_runs_to_the_end() -> None:
    assert texts(only("pip install a # b \\\n c").arguments) == ["install", "a"]
    assert [command.program for command in commands("a # b\nc")] == ["a", "c"]


def test_inner_scripts_have_positions_of_the_outer_text() -> None:
    text = 'bash -c "pip install \'torch\' \\"numpy\\""'
    inner = commands(text)[1]
    assert [text[slice(*word.span(0, len(word.text)))] for word in inner.arguments] == ["install", "torch", "numpy"]


def test_no_inner_script_where_none_is() -> None:
    assert inner_script(only("bash script.sh -c x")) == ()
    assert inner_script(only("python -c 'a; b'")) == ()


def test_an_unknown_part_of_an_inner_script_stays_unknown() -> None:
    inner = commands('sh -c "pip install {x}"')[1]
    assert texts(inner.arguments) == ["install", HOLE]
    assert not inner.arguments[1].known


def test_moved() -> None:
    pipelines = parse("a > b $(c)", dialect="script")
    shifted = list(flatten(moved(pipelines, lambda at: at + 100)))
    assert [(command.start, command.end) for command in shifted] == [(100, 110), (108, 109)]
    assert (shifted[0].redirects[0].start, shifted[0].redirects[0].end) == (102, 105)


def test_literal_word() -> None:
    word = literal_word(f"a{HOLE}b", 10, 20)
    assert (word.text, word.known, word.start, word.end) == (f"a{HOLE}b", False, 10, 20)
    assert literal_word("", 1, 1).known
    assert positions(literal_word("abc", 5, 8)) == [5, 6, 7, 8]


# -- properties -------------------------------------------------------------------------------------------------------

SHELL_TEXT = st.text(alphabet="ab1 \n\\'\"$`|&;<>(){}#=!*\0é\r\t", max_size=60) | st.text(max_size=40)


def check(pipelines: tuple[Pipeline, ...], start: int, end: int) -> None:
    for pipeline in pipelines:
        assert start <= pipeline.start <= pipeline.end <= end
        for command in pipeline.commands:
            assert start <= command.start <= command.end <= end
            for word in [*command.words, *(value for _, value in command.assignments)]:
                check_word(word, start, end)
            for redirect in command.redirects:
                assert start <= redirect.start <= redirect.end <= end
            starts = [word.start for word in command.words]
            assert starts == sorted(starts)


def check_word(word: Word, start: int, end: int) -> None:
    assert start <= word.start <= word.end <= end
    at = word.start
    for segment in word.segments:
        assert word.start <= segment.start <= segment.end <= word.end
        assert at <= segment.start
        at = segment.end
        check(segment.pipelines, segment.start, segment.end)


@given(SHELL_TEXT, st.sampled_from(["ipython", "script"]))
@example("a $(b <<x\n", "script")
@example("a `(` b", "script")
@example("a `{ $(` b", "ipython")
@example("a `b > `", "ipython")
def test_any_text_can_be_read(text: str, dialect: str) -> None:
    pipelines = parse(text, dialect=dialect)
    check(pipelines, 0, len(text))
    for command in flatten(pipelines):
        assert 0 <= command.start <= command.end <= len(text)
        assert isinstance(command.program, str)
        assert len(command.arguments) <= len(command.words)


@given(SHELL_TEXT, st.text(alphabet="ab \n'\"$|>{}", max_size=10))
def test_any_value_can_be_filled_in(text: str, value: str) -> None:
    found = list(flatten(parse(text, dialect="ipython", fill=lambda *_: value)))
    assert all(0 <= command.start <= command.end <= len(text) for command in found)


@given(SHELL_TEXT)
def test_unquoted_literals_are_the_text(text: str) -> None:
    for command in (command for pipeline in parse(text, dialect="script") for command in pipeline.commands):
        for word in command.words:
            for segment in word.segments:
                if segment.kind == "literal":
                    assert text[segment.start : segment.end] == segment.text


@given(st.lists(st.text(alphabet="ab -_=./é'\"\\ ", max_size=8), min_size=1, max_size=5))
def test_quoted_words_are_what_shlex_says(words: list[str]) -> None:
    text = " ".join(shlex.quote(word) for word in words)
    found = only(f"echo {text}", "script")
    assert texts(found.words)[1:] == shlex.split(text) == words


@pytest.mark.parametrize("dialect", ["ipython", "script"])
@pytest.mark.parametrize(
    "text",
    ["a " * 40_000, "'" * 40_001, '"' * 40_001, "$(" * 20_000, "`a " * 20_000, "{(" * 20_000, "${a-" * 20_000,
     "cat <<A\n" * 20_000, "cat <<A " * 20_000, "a | " * 20_000, "(" * 20_000 + ")" * 20_000, "(a)|" * 20_000,
     "$((1)) " * 20_000, "a\\\n" * 20_000, "#" * 40_000, "sh -c 'sh -c " * 20_000, "A=1\n$A " * 15_000, "<(" * 20_000],
)  # fmt: skip
def test_hostile_text_takes_linear_time(text: str, dialect: str) -> None:
    started = time.process_time()
    for command in flatten(parse(text, dialect=dialect)):
        assert command.start >= 0
    assert time.process_time() - started < 5
