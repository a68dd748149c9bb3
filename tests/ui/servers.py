"""A Jupyter server in a process of its own, with folders of its own, as somebody would start it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from nbformat import reads
from nbformat.sign import NotebookNotary

_START_SECONDS = 90
_STOP_SECONDS = 20
_SETTINGS_OF_OTHERS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
OURS = "jupyter-mlsecops/plugin"
STILL_KERNEL = "still"
"""Costs nothing and answers nothing: a kernel that runs code costs each test a second."""


def jupyter_command() -> Path:
    """The `jupyter` that is tested: MLSECOPS_UI_JUPYTER, or the one beside this Python."""
    return Path(os.environ.get("MLSECOPS_UI_JUPYTER") or Path(sys.executable).with_name("jupyter"))


def what_is_missing() -> str:
    """Why that environment cannot be tested; "" where it can."""
    command = jupyter_command()
    extensions = command.parents[1] / "share/jupyter/labextensions"
    for needed, reason in {
        command.with_name("jupyter-lab"): "JupyterLab is not installed",
        command.with_name("jupyter-notebook"): "Notebook is not installed",
        command.parents[1] / "share/jupyter/kernels/python3": "ipykernel is not installed",
        extensions / "jupyter-mlsecops/package.json": "jupyter-mlsecops was installed without its JupyterLab extension",
    }.items():
        if not needed.exists():
            return f"{reason}: there is no {needed}"
    return ""


@dataclass
class JupyterServer:
    """Serves JupyterLab and Notebook; `url` ends with a slash."""

    base: Path
    base_url: str = "/"
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    url: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _port: int = 0

    @property
    def root(self) -> Path:
        """Where the notebooks are."""
        return self.base / "root"

    def start(self) -> None:
        """Start it, again on the port that it had; returns when it answers."""
        self._make_folders()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(
                        jupyter_command(),
                        "lab",
                        "--no-browser",
                        "--allow-root",
                        "--ip=127.0.0.1",
                        f"--port={self._port}",
                    ),
                    *("--ServerApp.port_retries=0", f"--ServerApp.base_url={self.base_url}"),
                ],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.root,
            )
        facts = self._wait_for_facts(self._process)
        self.url, self._port = facts["url"], facts["port"]

    def stop(self) -> None:
        """End it with all that it has started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def end_kernels(self) -> None:
        """End what notebooks have started: many idle ones are too much for a server."""
        for session in self._ask("GET", "api/sessions"):
            self._ask("DELETE", f"api/sessions/{session['id']}")

    def _ask(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        with urlopen(Request(f"{self.url}{path}", method=method, headers=headers), timeout=20) as answer:
            return json.loads(answer.read() or "null")

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text("utf-8", "replace")

    def settings_of(self, plugin: str) -> dict[str, Any]:
        """What the user has set for a plugin, as it stands in the file."""
        file = self._settings_file(plugin)
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")) or "{}")

    def set_settings(self, plugin: str, values: dict[str, Any] | None) -> None:
        """Write a user's settings of a plugin; None: there are none."""
        file = self._settings_file(plugin)
        file.parent.mkdir(parents=True, exist_ok=True)
        if values is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(json.dumps(values), "utf-8")

    def trust(self, notebook: bytes) -> None:
        """Sign a notebook, so that this server believes that its user has made it."""
        notary = NotebookNotary(data_dir=str(self.base / "data"))
        try:
            notary.sign(reads(notebook.decode(), as_version=4))
        finally:
            notary.store.close()

    @property
    def _log(self) -> Path:
        return self.base / "log"

    def _settings_file(self, plugin: str) -> Path:
        return self.base / "settings" / f"{plugin}.jupyterlab-settings"

    def _make_folders(self) -> None:
        for name in ("home", "config", "data", "runtime", "settings", "workspaces", "root"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        for plugin, values in _SETTINGS_OF_OTHERS.items():
            self.set_settings(plugin, values)
        kernel = self.base / "data/kernels" / STILL_KERNEL / "kernel.json"
        kernel.parent.mkdir(parents=True, exist_ok=True)
        kernel.write_text(
            json.dumps({"argv": ["sleep", "3600"], "display_name": "Still", "language": "python"}), "utf-8"
        )
        # They have nothing to put in order when they end.
        managing = {"KernelManager": {"shutdown_wait_time": 0.2, "autorestart": False}}
        (self.base / "config/jupyter_server_config.json").write_text(json.dumps(managing), "utf-8")
        exposed = {"expose_app_in_browser": True}
        for name, values in {"lab": {"LabApp": exposed}, "notebook": {"JupyterNotebookApp": exposed}}.items():
            (self.base / f"config/jupyter_{name}_config.json").write_text(json.dumps(values), "utf-8")

    def _environment(self) -> dict[str, str]:
        folders = {
            "HOME": "home",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "home/ipython",
        }
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST", "PYTHON"))
        }
        own = {variable: str(self.base / folder) for variable, folder in folders.items()}
        return inherited | own | {"JUPYTER_TOKEN": self.token}

    def _wait_for_facts(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The file that a server writes when it listens."""
        file = self.base / "runtime" / f"jpserver-{process.pid}.json"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                return json.loads(file.read_text("utf-8"))
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.05)
        self.stop()
        message = f"the Jupyter server did not start:\n{self.log}"
        raise RuntimeError(message)
