"""Lets tests in subfolders import the helpers that stand beside this file, and keeps a test's results to itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_disk_cache(monkeypatch):
    """There is no place for a cache: no test reads what another one has left, nor writes where people keep theirs."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path(os.devnull, "no-such-folder"))
