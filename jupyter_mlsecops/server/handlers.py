"""The routes: who may ask, how much, and where; what is asked for is worked out elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from jupyter_core.paths import is_hidden
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_mlsecops.entrypoints.rule_pages import as_json
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server import protocol
from jupyter_mlsecops.server.refusals import Refused, decoded
from jupyter_mlsecops.server.root import Root
from jupyter_mlsecops.server.tasks import PinVersions
from jupyter_mlsecops.settings import suggestion
from jupyter_mlsecops.version import __version__

if TYPE_CHECKING:
    from jupyter_mlsecops.server.extension import MLSecOpsExtension
    from jupyter_mlsecops.server.tasks import Answer

NAMESPACE = "jupyter-mlsecops"
EXTENSION = "jupyter_mlsecops_extension"
_REASONS: dict[int, protocol.FailureReason] = {403: "forbidden", 404: "not-found", 413: "too-large", 400: "invalid"}
_LARGEST_NUMBER = 10**9

T = TypeVar("T")


class MLSecOpsHandler(APIHandler):
    """What all routes share: the resource that is asked for, the form of errors, the bounds of bodies."""

    auth_resource = "contents"

    @property
    def extension(self) -> MLSecOpsExtension:
        """The extension, with its limits and workers."""
        return cast("MLSecOpsExtension", self.settings[EXTENSION])

    def root(self) -> Root:
        """Where contents are served from."""
        contents: Any = self.contents_manager
        folder = getattr(contents, "root_dir", "")
        return Root(folder=folder if isinstance(folder, str) else "", allow_hidden=bool(contents.allow_hidden))

    def body(self, kind: type[T]) -> T:
        """The request's body as a message. Refused where it is too large, or no such message."""
        limit = self.extension.max_body
        if len(self.request.body) > limit or _announced(self.request.headers.get("Content-Length")) > limit:
            raise Refused(413, "too-large", f"The body is larger than {limit:,} bytes")
        return decoded(self.request.body, kind)

    def reply(self, message: msgspec.Struct, status: int = 200) -> None:
        """Send a message."""
        self.set_status(status)
        self.finish(msgspec.json.encode(message))

    def pass_on(self, answer: Answer) -> None:
        """Send what a worker answered."""
        self.set_status(answer.status)
        self.finish(answer.body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Errors are a Failure; what went wrong inside is not told."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if not isinstance(error, Refused):
            said = getattr(error, "log_message", None) if isinstance(error, web.HTTPError) else None
            error = Refused(status_code, _REASONS.get(status_code, "failed"), said or "The request failed")
        self.set_status(error.status)
        self.finish(error.json())

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """A refusal is an answer, not an accident."""
        if not isinstance(value, Refused):
            super().log_exception(typ, value, tb)

    def set_default_headers(self) -> None:
        """Findings are for the moment and for one reader."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")


def _announced(length: str | None) -> int:
    return int(length) if length and length.isdecimal() and len(length) < 20 else 0


class LintHandler(MLSecOpsHandler):
    """Check the notebook in the editor."""

    @web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """A LintRequest gives a LintReply."""
        request = self.body(protocol.LintRequest)
        root = self.root()
        if not root.is_inside(request.path):
            raise Refused(404, "not-found", "No such path - at `$.path`")
        self.pass_on(await self.extension.desk.lint(request.session, self.request.body, root))


class PinHandler(MLSecOpsHandler):
    """Write the versions that are installed."""

    @web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """A PinRequest gives a PinReply."""
        request = self.body(protocol.PinRequest)
        self.pass_on(await self.extension.desk.pin(request.session, PinVersions(body=self.request.body)))


class RuleHandler(MLSecOpsHandler):
    """Explain a rule."""

    @web.authenticated
    @authorized(action="read")
    async def get(self, name: str) -> None:
        """What the command line prints for a rule."""
        rule = all_rules().get(name)
        if rule is None:
            raise Refused(404, "not-found", f"No such rule{suggestion(name, all_rules())}")
        self.finish(as_json(rule))


class HealthHandler(MLSecOpsHandler):
    """Say who is there."""

    _track_activity = False

    @web.authenticated
    @authorized(action="read")
    async def get(self) -> None:
        """Version and limits; whoever asks for them has an editor that will ask for more."""
        self.extension.desk.warm_up()
        health = protocol.Health(
            name="jupyter-mlsecops",
            version=__version__,
            protocol=protocol.VERSION,
            rules=len(all_rules()),
            time_limit=self.extension.time_limit,
            max_body=self.extension.max_body,
        )
        self.reply(health)


class ScansHandler(MLSecOpsHandler):
    """Start to scan a folder."""

    @web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """A ScanRequest gives a ScanCreated."""
        request = self.body(protocol.ScanRequest)
        root = self.root()
        located = root.locate(request.path)
        if located is None or (not root.allow_hidden and is_hidden(located, root.real)):
            raise Refused(404, "not-found", "No such folder - at `$.path`")
        if not await self.extension.is_folder(located):
            raise Refused(404, "not-found", "No such folder - at `$.path`")
        job = self.extension.jobs.start(request.path.strip("/"), root)
        self.reply(protocol.ScanCreated(id=job.id), status=201)


class ScanHandler(MLSecOpsHandler):
    """Watch or cancel a scan."""

    _track_activity = False  # a page that polls is nobody at work

    @web.authenticated
    @authorized(action="read")
    async def get(self, name: str) -> None:
        """How far it is; `?since=n` leaves out the first n findings."""
        since = self.get_query_argument("since", "0")
        if not since.isdecimal() or len(since) > 9:
            raise Refused(400, "invalid", "Expected a number - at `?since`")
        self.reply(self.extension.jobs.get(name).status(int(since)))

    @web.authenticated
    @authorized(action="read")
    async def delete(self, name: str) -> None:
        """Cancel it."""
        await self.extension.jobs.cancel(name)
        self.set_status(204)
        self.finish()


ROUTES: tuple[tuple[str, type[MLSecOpsHandler]], ...] = (
    (rf"/{NAMESPACE}/lint", LintHandler),
    (rf"/{NAMESPACE}/pin", PinHandler),
    (rf"/{NAMESPACE}/rules/(?P<name>[^/?]+(?:/[^/?]+)?)", RuleHandler),
    (rf"/{NAMESPACE}/health", HealthHandler),
    (rf"/{NAMESPACE}/scans", ScansHandler),
    (rf"/{NAMESPACE}/scans/(?P<name>[\w-]+)", ScanHandler),
)
