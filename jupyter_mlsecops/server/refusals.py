"""Why a request gets no answer, as an exception and as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jupyter_mlsecops.server.protocol import Failure

if TYPE_CHECKING:
    from jupyter_mlsecops.server.protocol import FailureReason

T = TypeVar("T")

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_QUOTED_VALUE = re.compile(r"^(Invalid \w+ value) '.*' - at", re.DOTALL)
_LONGEST_MESSAGE = 300


class Refused(Exception):  # noqa: N818 - nothing broke: it is an answer
    """The answer to a request that cannot be served; `message` is for people and quotes nothing of a notebook."""

    def __init__(self, status: int, reason: FailureReason, message: str) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason: FailureReason = reason
        self.message = message

    def json(self) -> bytes:
        """The body of the reply."""
        return msgspec.json.encode(Failure(message=self.message, reason=self.reason))


def decoded(body: bytes, kind: type[T]) -> T:
    """A request's body as a message. Refused, with the name of the field, where it is none."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message = _QUOTED_VALUE.sub(r"\1 - at", str(error))
        raise Refused(400, "invalid", message[:_LONGEST_MESSAGE]) from None
    except RecursionError:
        raise Refused(400, "invalid", "The body is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = _without_lone_surrogates(body)
        if mended != body:
            return decoded(mended, kind)
        raise Refused(400, "invalid", "The body is no JSON") from None


def _without_lone_surrogates(body: bytes) -> bytes:
    """JavaScript's strings may hold half a character, and no decoder takes it. One character stands for one."""
    return _LONE_SURROGATE.sub(lambda match: match[0] if match[2] else match[1] + rb"\ufffd", body)
