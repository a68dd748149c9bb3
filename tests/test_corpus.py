"""Real notebooks, where the corpus is there: nothing crashes, and nothing is unreadable that can be read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from jupyter_mlsecops.entrypoints import files, scanning
from jupyter_mlsecops.settings import Settings

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")


@pytest.fixture(scope="module")
def results():
    settings = Settings(working_directory=str(CORPUS))
    return scanning.check_all(files.find(["."], settings), settings, jobs=scanning.default_jobs())


def test_only_broken_files_are_problems(results):
    problems = [problem for result in results for problem in result.problems]
    assert {problem.kind for problem in problems} <= {"unreadable"}
    for problem in problems:
        with pytest.raises(ValueError):
            json.loads((CORPUS / problem.path).read_bytes())
    assert sum(result.read for result in results) > 2500


def test_rules_that_must_be_silent_are(results):
    found = Counter(finding.rule for result in results for finding in result.findings)
    assert found["unpinned-package"] > 1000
    for rule in ("provider-token", "private-key", "invisible-characters", "command-link"):
        assert found[rule] == 0


def test_most_notebooks_stay_quiet(results):
    """Measured when this was written: 13 of 100 notebooks have a finding that is more than a note."""
    loud = sum(any(finding.severity != "info" for finding in result.findings) for result in results)
    assert loud / len(results) < 0.2
