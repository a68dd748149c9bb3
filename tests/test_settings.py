"""Configuration is read strictly, and says what is wrong and where."""

from __future__ import annotations

import pickle

import pytest

from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.globs import anchored, first_match
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import ConfigurationError, Settings, merge, read_layer

ALL = """
select = ["secrets", "unsafe-pickle-load"]
ignore = ["unpinned-package"]
min-severity = "low"
min-confidence = "medium"
fail-on = "never"
exclude = ["old/*.ipynb", "build"]
include = []
engines = []
trusted-owners = ["google"]
trusted-indexes = ["https://packages.example.org/simple"]
trusted-hosts = ["example.org"]
max-file-size = "10 MB"

[per-file-ignores]
"demo/*" = ["downloads"]

[severity]
unsafe-pickle-load = "critical"
unpinned-model = "off"
"""


def layer(text: str, file: str = ".jupyter-mlsecops.toml"):
    return read_layer(text.encode(), file=file, folder="/repo")


def test_every_key():
    settings = merge([layer(ALL)])
    assert settings == Settings(
        select=("secrets", "unsafe-pickle-load"),
        ignore=("unpinned-package",),
        min_severity=Severity.LOW,
        min_confidence=Confidence.MEDIUM,
        fail_on=None,
        exclude=("/repo/old/*.ipynb", "/repo/**/build"),
        trusted_owners=("google",),
        trusted_indexes=("https://packages.example.org/simple",),
        trusted_hosts=("example.org",),
        max_file_size=10_000_000,
        per_file_ignores={"/repo/demo/*": ("downloads",)},
        severity={"unsafe-pickle-load": Severity.CRITICAL, "unpinned-model": None},
    )
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("selct = []", "selct", "unknown key; did you mean 'select'?"),
        ('select = ["unsafe-pickel-load"]', "select", "did you mean 'unsafe-pickle-load'?"),
        ('select = ["secret"]', "select", "did you mean 'secrets'?"),
        ('ignore = ["bandit"]', "ignore", "the engine bandit is not built yet"),
        ('select = "secrets"', "select", "expected a list of strings"),
        ("select = [1]", "select", "expected a list of strings"),
        ('min-severity = "hihg"', "min-severity", "did you mean 'high'?"),
        ('min-severity = "HIGH"', "min-severity", "did you mean 'high'?"),
        ("fail-on = 3", "fail-on", "3 is none of info, low, medium, high, critical, never"),
        ('min-confidence = "sure"', "min-confidence", "'sure' is none of low, medium, high"),
        ('[severity]\nunsafe-pickle-load = "loud"', "severity.unsafe-pickle-load", "'loud' is none of"),
        ('[severity]\npickle = "low"', "severity.pickle", "unknown rule 'pickle'"),
        ('[per-file-ignores]\n"*" = ["nothing"]', "per-file-ignores", "unknown rule or category 'nothing'"),
        ('engines = ["bandit"]', "engines", "not built yet"),
        ('baseline = "b.json"', "baseline", "not built yet"),
        ("max-file-size = 0", "max-file-size", "expected a number of bytes"),
        ("max-file-size = true", "max-file-size", "expected a number of bytes"),
        ('max-file-size = "big"', "max-file-size", "expected a number of bytes"),
        ("= 1", "", "not valid TOML"),
        ("x = " + "[" * 100_000, "", "not valid TOML"),
        ("x = " + "1" * 10_000, "", "not valid TOML"),
        (f'fail-on = "{"x" * 10_000}"', "fail-on", "xxx is none of"),
        ("severity = 1", "severity", "expected a table"),
    ],
)
def test_errors_name_file_key_and_remedy(text, key, message):
    with pytest.raises(ConfigurationError) as caught:
        layer(text)
    assert caught.value.file == ".jupyter-mlsecops.toml"
    assert caught.value.key == key
    assert message in caught.value.message
    assert str(caught.value).startswith(".jupyter-mlsecops.toml: ")


def test_bytes_that_are_no_text():
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        read_layer(b"\xff\xfe", file="x.toml", folder="/")


def test_pyproject():
    text = '[tool.jupyter-mlsecops]\nfail-on = "high"\n[tool.other]\nselct = 1'
    assert layer(text, "pyproject.toml") == {"fail_on": Severity.HIGH}
    assert layer('[project]\nname = "x"', "pyproject.toml") is None
    assert layer("this is [ not TOML", "pyproject.toml") is None
    with pytest.raises(ConfigurationError, match="expected a table"):
        layer("tool.jupyter-mlsecops = 1", "sub/pyproject.toml")


def ids(settings: Settings) -> set[str]:
    return {rule.id for rule in settings.rules()}


def test_which_rules():
    rules = all_rules().values()
    assert ids(Settings()) == {rule.id for rule in rules if rule.default}
    assert ids(Settings(select=("packages",))) == {rule.id for rule in rules if rule.category == "packages"}
    assert ids(Settings(select=("packages",), ignore=("unpinned-package",))) == ids(Settings(select=("packages",))) - {
        "unpinned-package"
    }
    assert ids(Settings(ignore=("secrets",))) == {
        rule.id for rule in rules if rule.default and rule.category != "secrets"
    }
    assert "unpinned-package" not in ids(Settings(severity={"unpinned-package": None}))
    with pytest.raises(ConfigurationError, match="did you mean"):
        Settings(select=("unpined-package",)).rules()


def test_later_layers_win():
    merged = merge([{"fail_on": Severity.LOW, "exclude": ("a",)}, {"fail_on": None}])
    assert (merged.fail_on, merged.exclude) == (None, ("a",))


def test_a_layer_that_selects_undoes_what_lower_layers_switch_off():
    low = {"ignore": ("packages",), "severity": {"unpinned-model": None, "unsafe-pickle-load": Severity.LOW}}
    merged = merge([low, {"select": ("packages",)}])
    assert merged.ignore == ()
    assert merged.severity == {"unsafe-pickle-load": Severity.LOW}
    assert merge([low, {"select": ("packages",), "ignore": ("secrets",)}]).ignore == ("secrets",)
    assert merge([{"select": ("packages",)}, {"ignore": ("packages",)}]).ignore == ("packages",)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.ipynb", "/repo/a/b.ipynb", True),
        ("b.ipynb", "/repo/a/b.ipynb", True),
        ("a", "/repo/a/b.ipynb", True),
        ("a/", "/repo/a/b.ipynb", True),
        ("./a/b.ipynb", "/repo/a/b.ipynb", True),
        ("a/*.ipynb", "/repo/a/b.ipynb", True),
        ("a/*.ipynb", "/repo/a/x/b.ipynb", False),
        ("a/**/b.ipynb", "/repo/a/x/y/b.ipynb", True),
        ("a/**/b.ipynb", "/repo/a/b.ipynb", True),
        ("**/b.ipynb", "/repo/a/b.ipynb", True),
        ("a/**", "/repo/a/x/b.ipynb", True),
        ("b/*.ipynb", "/repo/a/b/c.ipynb", False),
        ("repo", "/repo/a.ipynb", False),
        ("*", "/other/a.ipynb", False),
        ("[ab].ipynb", "/repo/a.ipynb", True),
        ("[!ab].ipynb", "/repo/a.ipynb", False),
        ("[!a-b].ipynb", "/repo/c.ipynb", True),
        ("?.ipynb", "/repo/é.ipynb", True),
        ("a+(b).ipynb", "/repo/a+(b).ipynb", True),
        ("[.ipynb", "/repo/[.ipynb", True),
        ("/repo/a.ipynb", "/repo/a.ipynb", True),
    ],
)
def test_patterns(pattern, path, matches):
    assert (first_match(path, [anchored(pattern, "/repo")]) is not None) is matches


def test_a_folder_is_taken_literally():
    assert first_match("/re[p]o/a/b", [anchored("a/*", "/re[p]o")])
    assert not first_match("/repo/a/b", [anchored("a/*", "/re[p]o")])


def test_hostile_patterns_are_not_slow():
    assert first_match("/" + "a" * 5000, [anchored("*a" * 200 + "b", "/")]) is None
