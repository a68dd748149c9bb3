"""Which MIME types hold text, JSON or bytes."""

from __future__ import annotations

from functools import lru_cache

_BINARY_FAMILIES = ("image/", "audio/", "video/", "font/")
_BINARY = frozenset({
    "application/pdf", "application/octet-stream", "application/zip", "application/gzip", "application/wasm",
    "application/x-tar", "application/x-hdf5", "application/font-woff", "model/gltf-binary",
})  # fmt: skip


@lru_cache(maxsize=1024)
def is_binary(mime: str) -> bool:
    """Whether what stands under this type is base64 of bytes; SVG, though an image, is text."""
    essence = _essence(mime)
    return essence != "image/svg+xml" and (essence.startswith(_BINARY_FAMILIES) or essence in _BINARY)


@lru_cache(maxsize=1024)
def is_json(mime: str) -> bool:
    """Whether what stands under this type is a JSON value."""
    essence = _essence(mime)
    return essence == "application/json" or essence.endswith("+json")


def _essence(mime: str) -> str:
    return mime.partition(";")[0].strip().lower()
