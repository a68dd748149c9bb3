"""Which hosts are private."""

from __future__ import annotations

import pytest

from jupyter_mlsecops.flows.hosts import host_of, is_private

PRIVATE = [
    "http://localhost", "https://localhost:8888/x", "localhost:8080/x", "http://LOCALHOST", "http://localhost./x", "http://127.0.0.1:8000/x",
    "http://127.1.2.3", "http://[::1]:80/", "http://10.0.0.1", "http://172.16.4.5/x", "http://192.168.1.1", "http://169.254.169.254/latest",
    "http://[fd00::1]/", "http://[fe80::1]/", "http://0.0.0.0:80", "http://minio:9000/bucket", "http://nas.local/x", "http://api.internal",
    "http://db.prod.svc.cluster.local", "http://host.docker.internal:11434", "http://me:pass@localhost/x", "http://printer.lan", "http://x.test",
]  # fmt: skip

PUBLIC = [
    "http://example.org", "https://8.8.8.8/x", "http://172.32.0.1", "http://localhost.example.org", "http://127.0.0.1.example.org",
    "http://localhost@example.org/x", "http://example.org/localhost", "http://example.org?host=localhost", "http://[2001:4860:4860::8888]/",
    "http://internal.example.org", "http://example.local.org",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_private(url: str):
    assert is_private(url)


@pytest.mark.parametrize("url", PUBLIC)
def test_public(url: str):
    assert not is_private(url)


@pytest.mark.parametrize("url", ["", "http://", "http://[broken", "http://\0/x", "http://\0.example.org", "\0"])
def test_what_is_not_known_is_not_private(url: str):
    assert not is_private(url)


def test_host_of():
    assert host_of("https://User@EXAMPLE.org:8080/a") == "example.org"
    assert host_of("example.org/a") == "example.org"
    assert host_of("http://\0.example.org") == ""
