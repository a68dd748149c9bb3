"""A real Jupyter Server with our extension, enabled as its installation enables it. Skipped where there is no server."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if find_spec("jupyter_server") and find_spec("pytest_jupyter"):
    from pytest_jupyter.jupyter_server import *  # noqa: F403

    ENABLED = Path(__file__).parents[3] / "jupyter-config" / "jupyter_server_config.d" / "jupyter_mlsecops.json"

    @pytest.fixture
    def extension_traits() -> dict[str, Any]:
        """What a test sets; others keep their defaults."""
        return {}

    @pytest.fixture
    def jp_server_config(extension_traits: dict[str, Any]) -> dict[str, Any]:
        enabled = {"ServerApp": {"jpserver_extensions": {"jupyter_mlsecops": True}}}
        if ENABLED.exists():
            assert json.loads(ENABLED.read_text("utf-8")) == enabled
        return enabled | {"MLSecOpsExtension": extension_traits}

    @pytest.fixture
    def extension(jp_serverapp):
        return jp_serverapp.extension_manager.extension_apps["jupyter_mlsecops"].copy().pop()

    @pytest.fixture
    def ask(jp_fetch):
        """Ask a route; status and JSON, whatever they are."""

        async def fetch(method: str, route: str, body: Any = None, **options: Any) -> tuple[int, Any]:
            if method == "POST":
                options["body"] = body if isinstance(body, (bytes, str)) else json.dumps(body)
            reply = await jp_fetch("jupyter-mlsecops", *route.split("/"), method=method, raise_error=False, **options)
            return reply.code, json.loads(reply.body) if reply.body else None

        return fetch
