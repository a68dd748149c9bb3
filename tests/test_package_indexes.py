"""Package indexes whose names stand in no file: they are put together when the test runs."""

from __future__ import annotations

import time

import pytest
from notebooks import code, notebook

from examples import findings
from jupyter_mlsecops.detection import package_indexes
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rules import all_rules

HASHED = f"packages/0f/3b/{'1c' * 30}/tools-1.0-py3-none-any.whl"


def host(name: str, number: int = 0) -> str:
    return ".".join(table("package_indexes")[name][number])


def levels(rule: str, source: str) -> list[str]:
    _, found = findings(notebook(code(source)), all_rules()[rule])
    return [finding.severity.word for finding in found]


@pytest.mark.parametrize("option", ["-i ", "--index-url=", "--extra-index-url ", "-f "])
def test_the_test_instance(option: str):
    assert levels("untrusted-index", f"!pip install {option}https://{host('test')}/simple/ ort-nightly==1.0") == [
        "high"
    ]


@pytest.mark.parametrize("option", ["-i ", "--extra-index-url "])
def test_the_public_index_itself(option: str):
    assert levels("untrusted-index", f"!pip install {option}https://{host('default')}/simple our-tools") == []
    assert levels("untrusted-index", f"!pip install {option}http://{host('default')}/simple our-tools") == ["high"]


def test_trusting_the_hosts_of_the_public_index():
    source = f"!pip install --trusted-host {host('default')} --trusted-host {host('files')} torch==2.9.0"
    assert levels("untrusted-index", source) == ["high", "high"]


def test_channels_as_addresses():
    base = f"https://{host('channel-hosts')}"
    assert levels("untrusted-index", f"!conda install -c {base}/conda-forge/label/dev -c {base}/nvidia numpy") == []
    assert levels("untrusted-index", f"!conda install -c {base}/somebody numpy") == ["low"]


def test_files_of_the_public_index_hold_their_hash():
    assert levels("unhashed-url-package", f"!pip install https://{host('files')}/{HASHED}") == []
    assert levels("unhashed-url-package", f"!pip install https://files.example.org/{HASHED}") == ["medium"]
    assert levels("unhashed-url-package", f"!pip install https://{host('files')}/tools.whl") == ["medium"]


def test_vendors_are_told_by_host_and_path():
    assert package_indexes.is_vendor("https://storage.googleapis.com/jax-releases/jax_cuda_releases.html")
    assert not package_indexes.is_vendor("https://storage.googleapis.com/jax-releases-2/index.html")
    assert not package_indexes.is_vendor("https://download.pytorch.org.example.org/whl")
    assert not package_indexes.is_vendor("https://[broken/whl")


def test_many_options_cost_little():
    line = "!pip install " + " ".join(
        f"--extra-index-url https://p{number}.example.org/simple" for number in range(1900)
    )
    started = time.process_time()
    assert len(levels("untrusted-index", line + " tools")) == 1900
    assert time.process_time() - started < 10
