"""Files of tasks: POST to /attachments/TASK/FIELD uploads one, GET and DELETE of /attachments/ID fetch and remove it.

The body is the file itself, read piece by piece and encrypted before it touches a disk; the header
``Content-Disposition`` has its name, which no proxy logs. Whoever uploads is asked who they are, and whether they have
the task, before the first byte is read, and again before the file is kept.
"""

import asyncio
import errno
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import uuid4

import neo4j
import structlog
from cryptography.exceptions import InvalidTag
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from api.access.attachments import fetchable
from api.access.budget import Budgets, Spent
from api.access.read_log import ShownData
from api.access.rights import ON_BEHALF, Access, forbidden
from api.access.tasks import require_seen
from api.availability import Availability, in_thread
from api.callers.noted_reads import NotedReads
from api.callers.refusals import Refusals
from api.http.metrics import ANSWERS
from api.http.streamed import Streamed
from api.model.refused import Rejected
from api.named_arguments import extensions_of
from api.reads.executed import A_CHANGE
from api.requests.failures import noted
from api.requests.request_body import BadRequest
from graph.cpr.keyring import Keyring
from graph.errors import GraphError
from graph.identity.lookup import find, is_known_as
from graph.model.kind import name_of
from graph.retry import SOON
from graph.statements.written_numbers import only_digits
from graph.time import copenhagen_now
from processes.attachment_fields import Limits
from processes.cases import attaching, attachment_files, attachments, tasks
from processes.cases.attaching import Uploaded
from processes.cases.attachment_files import Store, Writing
from processes.cases.attachments import Attachment
from processes.engine.errors import ProcessError
from processes.errors import FormRejected
from processes.file_types import HEAD, TYPES, FileType, NotAFileType, cleaned_name, named_type, require_content

UPLOADS: Final = "/attachments/{task}/{field}"
ATTACHMENTS: Final = "/attachments/{id}"
_PIECE_SECONDS: Final = 30.0
"""Seconds in which the next piece of a file must come,"""
_WHOLE_SECONDS: Final = 15 * 60.0
"""and the whole."""
_AT_ONCE: Final = 4
"""Files that one caller may be sending."""
_PIECE: Final = 1 << 20
"""Bytes that are encrypted and written at a time."""
_LONGEST_LENGTH = 15
"""Digits of a stated length; one that has more is larger than any field takes."""
_NAME = re.compile(r"filename\*\s*=\s*utf-8''([^;\s]+)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)
_STATUS: Mapping[str, int] = {
    "forbidden": 403, "own_name": 403, "not_candidate": 403, "unknown_task": 404, "unknown_attachment": 404,
    "already_done": 409, "already_claimed": 409, "task_closed": 409, "not_scanned": 409, "attachment_refused": 409,
    "file_missing": 410, "wrong_type": 415, "no_scanner": 503, "unavailable": 503, "no_space": 507,
}  # fmt: skip
"""Of a refusal, by its code; others are 422."""
_log = structlog.get_logger("api")


@dataclass(frozen=True)
class Attachments:
    """The endpoint. ``store``: where the files are."""

    driver: neo4j.Driver
    keyring: Keyring
    store: Store
    availability: Availability
    budgets: Budgets
    refusals: Refusals
    noting: NotedReads
    sending: dict[str, int]
    """Files that each caller is sending now."""

    async def upload(self, request: Request, access: Access) -> Response:
        """201 with the attachment."""
        return await self._answered(request, access, self._upload)

    async def by_id(self, request: Request, access: Access) -> Response:
        """The content of the attachment, or 204 once it is removed."""
        return await self._answered(request, access, self._remove if request.method == "DELETE" else self._fetch)

    async def _answered(self, request: Request, access: Access, do: Any) -> Response:
        self.availability.watched()
        account = self.budgets.of(access.name)
        try:
            account.require()
            access.require_questions()
            account.spend(A_CHANGE)
            response: Response = await do(request, access)
        except Spent as spent:
            ANSWERS.labels("rejected").inc()
            errors = noted([spent.error], request.state)
            return JSONResponse({"errors": errors}, 429, {"retry-after": str(spent.wait), "connection": "close"})
        except (BadRequest, Rejected) as bad:
            ANSWERS.labels("rejected").inc()
            status = bad.status if isinstance(bad, BadRequest) else 503
            return JSONResponse({"errors": noted(bad.errors, request.state)}, status, {"connection": "close"})
        except GraphQLError as error:
            ANSWERS.labels("rejected").inc()
            status = _STATUS.get(str((error.extensions or {}).get("code")), 422)
            errors = noted(await self.refusals.told(access, [error]), request.state)
            # The rest of a file is not awaited.
            headers = {"connection": "close"} if request.method == "POST" else None
            return JSONResponse({"errors": errors}, status, headers)
        ANSWERS.labels("mutation" if request.method in ("POST", "DELETE") else "read").inc()
        return response

    # -- uploading ------------------------------------------------------------------------------------------------

    async def _upload(self, request: Request, access: Access) -> Response:
        task, field = request.path_params["task"], request.path_params["field"]
        if self.store.first is None:
            raise _error("no_scanner", "This installation accepts no files without a virus scanner; ask operations.")
        name, now = cleaned_name(_name(request)), copenhagen_now()
        type_ = _type(name)
        limits, by = await self.availability.answered(
            partial(in_thread, self._may_upload, access, task, field, request.query_params.get("by"), now)
        )
        if type_.name not in limits.types:
            raise _error("wrong_type", f"{field} accepts {', '.join(sorted(limits.types))}, not {type_.name}")
        largest = self.store.largest if limits.bytes is None else min(limits.bytes, self.store.largest)
        _require_length(request, largest)
        if self.sending.get(access.name, 0) >= _AT_ONCE:
            raise BadRequest(f"Only {_AT_ONCE} files can be sent at the same time.", 429, "busy")
        self.sending[access.name] = self.sending.get(access.name, 0) + 1
        try:
            kept = await self._received(request, type_, largest, Uploading(task, field, name, by))
        finally:
            self.sending[access.name] -= 1
            if not self.sending[access.name]:
                del self.sending[access.name]
        return JSONResponse({"attachment": shown(kept)}, 201)

    def _may_upload(self, access: Access, task: str, field: str, by: str | None, now: datetime) -> tuple[Limits, str]:
        """What the field takes, and the person who uploads. Raises GraphQLError."""
        access.require_write("saveDraft")
        with _refusing(field), self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            person = _actor(session, access, by)
            seen = tasks.look(session, task, now)
            require_seen(session, access, seen, person)
            tasks.require_open(session, seen.task)
            tasks.require_has(session, seen, person)
            tasks.require_not_claimed(session, seen, person)
            found = attaching.limits(session, seen.task, field)
            attachments.require_room(session, task, person)
            return found, person

    async def _received(self, request: Request, type_: FileType, largest: int, what: "Uploading") -> Attachment:
        """Read, encrypt and keep the body; nothing is left of one that is refused, or breaks off."""
        key, id_ = attachment_files.new_key(), str(uuid4())
        try:
            writing = await asyncio.to_thread(Writing, self.store.folder, id_, key)
        except OSError as error:
            raise _no_disk(error) from error
        try:
            size = await _written(request, writing, type_, largest)
            await asyncio.to_thread(writing.finish)
            cipher, key_id = attachment_files.sealed_key(self.keyring, key)
            assert self.store.first is not None
            sent = Uploaded(id_, what.field, what.name, type_.name, size, self.store.first, cipher, key_id)
            return await self.availability.answered(partial(in_thread, self._keep, what, sent))
        except OSError as error:
            await asyncio.to_thread(writing.discard)
            raise _no_disk(error) from error
        except BaseException:
            # Also where the request was cancelled; of a keep that is not waited for any more, the graph's own entry
            # shows that its file is missing.
            writing.discard()
            raise

    def _keep(self, what: "Uploading", sent: Uploaded) -> Attachment:
        with _refusing(what.field):
            return attaching.keep(self.driver, what.task, what.by, sent, copenhagen_now())

    # -- fetching and removing --------------------------------------------------------------------------------------

    async def _fetch(self, request: Request, access: Access) -> Response:
        if access.person is not None:
            self.noting.require_room()
        found = await self.availability.answered(
            partial(in_thread, self._fetchable, access, request.path_params["id"], copenhagen_now())
        )
        if found.state == "waiting":
            raise _error("not_scanned", f"The virus scanner has not checked {found.name} yet.", retry="soon")
        if found.state == "refused":
            raise _error("attachment_refused", f"The virus scanner refused {found.name}.")
        key = attachment_files.opened_key(self.keyring, found.cipher, found.key)
        try:
            pieces = await asyncio.to_thread(attachment_files.read, self.store.folder, found.id, key)
        except OSError as error:
            if not attachment_files.is_lost(self.store.folder, found.id, error):
                _log.error("attachment_not_read", id=found.id, error=error.strerror or type(error).__name__)
                text = f"{found.name} can't be read now; try again, and tell operations."
                raise _error("unavailable", text, retry=SOON.when) from error
            _log.error("attachment_file_missing", id=found.id, error=type(error).__name__)
            raise _error("file_missing", f"The file of {found.name} is missing; ask operations.") from error
        if access.person is not None:
            # By the case: with whom it is about, its other people have nothing to do with the file.
            self.noting.log.note(access.name, "attachment", ("tasks",), ShownData(things=(found.case,)))
        return Streamed(
            _intact(pieces, found.id),
            media_type=TYPES[found.type].media,
            headers={
                "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
                "content-length": str(found.size),
                "content-security-policy": "default-src 'none'; sandbox",
                "cross-origin-resource-policy": "same-origin",  # no page of others has it in an image or a frame
            },
        )

    def _fetchable(self, access: Access, id_: str, now: datetime) -> Attachment:
        with _refusing(), self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return fetchable(session, access, id_, now)

    async def _remove(self, request: Request, access: Access) -> Response:
        id_, by = request.path_params["id"], request.query_params.get("by")
        await self.availability.answered(partial(in_thread, self._removed, access, id_, by))
        return Response(status_code=204)

    def _removed(self, access: Access, id_: str, by: str | None) -> None:
        access.require_write("saveDraft")
        with _refusing():
            with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
                person = _actor(session, access, by)
            attaching.remove(self.driver, id_, person)
        attachment_files.delete(self.store.folder, id_)


@dataclass(frozen=True, slots=True)
class Uploading:
    """To where a file is sent, its cleaned name, and the person whose it is."""

    task: str
    field: str
    name: str
    by: str


def shown(each: Attachment) -> dict[str, Any]:
    """An attachment as the answer to its upload has it."""
    return {
        "id": each.id, "field": each.field, "name": each.name, "type": TYPES[each.type].media, "size": each.size,
        "at": each.at.isoformat(), "state": name_of(each.state), "address": ATTACHMENTS.replace("{id}", each.id),
    }  # fmt: skip


async def _written(request: Request, writing: Writing, type_: FileType, largest: int) -> int:
    """Write the body as it comes; its bytes. Its type is decided before anything is written. Raises BadRequest,
    GraphQLError, OSError."""
    size, waiting, is_known = 0, bytearray(), False
    try:
        async with asyncio.timeout(_WHOLE_SECONDS):
            async for piece in _pieces(request):
                size += len(piece)
                if size > largest:
                    raise _too_large(largest)
                waiting += piece
                if not is_known and len(waiting) >= HEAD:
                    _require_content(type_, waiting)
                    is_known = True
                if len(waiting) >= _PIECE:
                    await asyncio.to_thread(writing.write, bytes(waiting))
                    waiting.clear()
    except TimeoutError as error:
        raise BadRequest("The file did not arrive in time.", 408, "too_slow") from error
    except ClientDisconnect as error:
        raise BadRequest("The connection ended before the file did.") from error
    if not size:
        raise _error("wrong_type", "The file is empty.")
    if not is_known:
        _require_content(type_, waiting)
    await asyncio.to_thread(writing.write, bytes(waiting))
    return size


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        async with asyncio.timeout(_PIECE_SECONDS):
            piece = await anext(stream, None)
        if piece is None:
            return
        yield piece


def _require_content(type_: FileType, head: bytearray) -> None:
    try:
        require_content(type_, bytes(head[:HEAD]))
    except NotAFileType as wrong:
        raise _error("wrong_type", str(wrong)) from wrong


def _type(name: str) -> FileType:
    try:
        return named_type(name)
    except NotAFileType as wrong:
        raise _error("wrong_type", str(wrong)) from wrong


def _name(request: Request) -> str:
    """The name of the file. Raises BadRequest."""
    given = request.headers.get("content-disposition", "")
    encoded, plain = _NAME.search(given), _PLAIN_NAME.search(given)
    if encoded is not None:
        return unquote(encoded[1], errors="replace")
    if plain is not None:
        written = plain[1] if plain[1] is not None else plain[2]
        # Headers are read as Latin-1; clients such as curl send UTF-8.
        return re.sub(r"\\(.)", r"\1", written).encode("latin-1", "replace").decode("utf-8", "replace")
    text = "Send the file's name: Content-Disposition: attachment; filename*=UTF-8''letter.pdf (percent-encoded)."
    raise BadRequest(text, code="no_name")


def _require_length(request: Request, largest: int) -> None:
    """Refuse a file whose stated length is too large. What arrives is counted as well, whatever was stated."""
    stated = request.headers.get("content-length", "")
    if only_digits(stated) and (len(stated) > _LONGEST_LENGTH or int(stated) > largest):
        raise _too_large(largest)


def _too_large(largest: int) -> BadRequest:
    return BadRequest(
        f"The file is larger than {largest / 1_000_000:g} MB, the most that is accepted here.", 413, "over_limit"
    )


def _actor(session: neo4j.Session, access: Access, by: str | None) -> str:
    """UUID of the person who does it. A machine names the person. Raises GraphQLError, Unknown."""
    if access.person is not None:
        if by is not None and not is_known_as(session, "Person", access.person, by):
            raise _error("own_name", "by: you are logged in as another person; omit it")
        return access.person
    if not ON_BEHALF & access.everywhere:
        raise forbidden("doing a person's tasks in their name needs", ON_BEHALF)
    if by is None:
        raise _error("wrong_value", "by: name the person who does it", field="by")
    return find(session, "Person", by).uuid


def _intact(pieces: Iterator[bytes], id_: str) -> Iterator[bytes]:
    """The pieces; the answer breaks off where one is not as it was written."""
    try:
        yield from pieces
    except InvalidTag:
        _log.error("attachment_file_damaged", id=id_)
        raise


@contextmanager
def _refusing(field: str = "") -> Iterator[None]:
    """Refusals as errors of GraphQL."""
    try:
        yield
    except (GraphError, ProcessError) as refused:
        extensions = extensions_of(refused)
        if isinstance(refused, FormRejected):
            extensions["field"] = refused.field or field
        raise GraphQLError(str(refused), extensions=extensions) from refused


def _no_disk(error: OSError) -> GraphQLError:
    _log.error("attachment_not_stored", error=error.strerror or type(error).__name__)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _error("no_space", "There is no disk space for the file; ask operations.")
    return _error("unavailable", "The file can't be stored now; try again, or ask operations.", retry=SOON.when)


def _error(code: str, text: str, **more: str) -> GraphQLError:
    return GraphQLError(text, extensions={"code": code, **more})
