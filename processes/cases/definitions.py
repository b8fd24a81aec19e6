"""Versions of definitions: deployed after a check against the graph, kept for ever, and read again by their cases."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from types import MappingProxyType
from typing import Any

import neo4j
import orjson
from structlog.stdlib import get_logger

from graph.connection import Run
from graph.errors import Conflict, GraphError, Unknown
from graph.identity.lookup import find, responsibility_kind
from graph.model import KINDS
from graph.time import stored_moment
from processes.attachment_faults import attachment_faults
from processes.cases import happened
from processes.cases.happened import OPERATIONS
from processes.cases.own_texts import own_texts
from processes.engine.definition import Definition, read_definition
from processes.engine.diagram import Node
from processes.engine.errors import DefinitionRejected, Fault, ProcessError
from processes.engine.known import Arguments, Known
from processes.forms import Form, SchemaRejected, read_form
from processes.prefill import prefill_faults
from processes.template_check import seen_by, template_faults
from processes.templates import KINDS as TEMPLATE_KINDS
from processes.templates import Kind, Seen, Template, read_templates
from protocols.xml import local

Wanted = Mapping[str, Arguments]
"""Services, and what each takes."""
Texts = Mapping[str, str]
"""The content of templates, by the names of their files."""
CHANGES: Mapping[str, Collection[str]] = dict.fromkeys(happened.WATCHED, sorted(OPERATIONS))
"""By which changes of which things a case may start."""
_MOST_READ = 200
"""Versions that a process keeps ready to run."""
_log = get_logger("processes.cases.definitions")


@dataclass(frozen=True)
class Version:
    """A definition as it was deployed. ``number``: counted for each process, from 1; ``id`` names its content.

    ``by``: the user who has deployed it; ``roles``: the system roles that this user held for the whole organisation
    then; None = it was deployed on the server.
    """

    id: str
    process: str
    number: int
    digest: str
    definition: Definition
    forms: Mapping[str, Form]
    by: str
    roles: frozenset[str] | None
    templates: Mapping[str, Template] = field(default_factory=dict)

    @cached_property
    def seen(self) -> Mapping[Kind, Seen]:
        """What its templates may name."""
        return {kind: seen_by(kind, self.definition, self.forms) for kind in TEMPLATE_KINDS}


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition as it would be deployed."""

    definition: Definition
    forms: Mapping[str, Form]
    templates: Mapping[str, Template]


class _Known(Collection[str]):
    """Names that are looked up, one by one, instead of all being listed. ``some``: for the text of a fault."""

    def __init__(self, is_known: Callable[[str], bool], some: Callable[[], list[str]] = list) -> None:
        self._is_known, self._some = is_known, some

    def __contains__(self, name: object) -> bool:
        return self._is_known(str(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._some())

    def __len__(self) -> int:
        return len(self._some())


class _AnyService(dict[str, Arguments]):
    """Every service, with whatever arguments."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Arguments:
        return Arguments()


_ANY = _Known(lambda name: True)
"""What a version names was there when it was deployed; its cases go on if it isn't any more."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """``is_new``: the content differs from that of the version before. ``older``: open cases that stay on others."""

    version: Version
    is_new: bool
    older: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as a list shows it. ``open_cases``: those that run on it; ``is_current``: new cases start with it."""

    id: str
    process: str
    number: int
    by: str
    at: datetime
    open_cases: int
    is_current: bool


def check(
    run: Run,
    process: str,
    documents: Mapping[str, bytes],
    schemas: Mapping[str, object],
    services: Wanted,
    texts: Texts = MappingProxyType({}),
) -> Checked:
    """A definition as it would be deployed. Raises DefinitionRejected, as ``deploy`` does."""
    forms, faults = _forms(schemas)
    templates, wrong_files = read_templates(texts)
    faults += wrong_files
    try:
        definition = read_definition(process, documents, _known(run, forms, services))
    except DefinitionRejected as wrong:
        raise DefinitionRejected(tuple(sorted({*faults, *wrong.faults}))) from wrong
    faults += prefill_faults(forms, definition.checked.names)
    faults += attachment_faults(forms, definition.start_form)
    faults += _sent(definition)
    faults += template_faults(definition, forms, templates, own_texts(run, process))
    if faults:
        raise DefinitionRejected(tuple(sorted(faults)))
    return Checked(definition, forms, templates)


def _sent(definition: Definition) -> list[Fault]:
    """Messages that leave a case: the engine sends them, but nothing here takes them."""
    text = "nothing takes a message that a case sends; draw a service task (webhook, mail)"
    return [
        Fault(each.document, each.id, "unsupported", text)
        for each in definition.nodes.values()
        if each.type == "sendTask" or (each.type in ("intermediateThrowEvent", "endEvent") and _is_message(each))
    ]


def _is_message(node: Node) -> bool:
    event = node.event()
    return event is not None and local(event) == "messageEventDefinition"


def deploy(
    driver: neo4j.Driver,
    process: str,
    documents: Mapping[str, bytes],
    schemas: Mapping[str, object],
    by: str,
    now: datetime,
    services: Wanted = MappingProxyType({}),
    expected_version: int | None = None,
    roles: frozenset[str] | None = None,
    texts: Texts = MappingProxyType({}),
) -> Deployed:
    """Check a definition, and make it the one with which new cases of the process start; others stay on theirs.

    ``schemas``: the forms by their names; ``texts``: the templates by their files. ``services``: what each takes. The
    same content again is no new version.
    ``expected_version``: the number of the version that was drawn on; 0 = there was none. ``roles``: what ``by`` may do
    in the whole organisation, and so what the process may; None = anything.
    Raises DefinitionRejected with all faults: of the documents, the forms, and the roles, responsibilities and services
    that there are not; Conflict (another version was deployed since the expected one).
    """

    def work(tx: neo4j.ManagedTransaction) -> Deployed:
        checked = check(tx, process, documents, schemas, services, texts)
        digest = _digest(checked.definition, schemas, texts)
        last = tx.run(_LAST, process=process, now=now.astimezone(UTC)).single(strict=True)
        number = last["number"] if last["digest"] == digest else last["number"] + 1
        if number > last["number"] and expected_version is not None and expected_version != last["number"]:
            at = None if last["at"] is None else last["at"].to_native()
            raise Conflict(process, expected_version, last["number"], last["by"] or "", at, "deployed")
        if number > last["number"]:
            tx.run(
                _KEEP,
                process=process,
                id=_id(process, number),
                number=number,
                digest=digest,
                documents=orjson.dumps({name: content.decode() for name, content in documents.items()}).decode(),
                forms=orjson.dumps(dict(schemas)).decode(),
                texts=orjson.dumps(dict(texts)).decode(),
                by=by,
                roles=None if roles is None else sorted(roles),
                now=now.astimezone(UTC),
            ).consume()
        is_new = number > last["number"]
        author, may = (by, roles) if is_new else (last["by"] or "", _roles(last["roles"]))
        found = Version(
            _id(process, number), process, number, digest, checked.definition, checked.forms, author, may,
            checked.templates,
        )  # fmt: skip
        older = tx.run(_OLDER, process=process, number=number).single(strict=True)["cases"]
        return Deployed(found, is_new, older)

    with driver.session() as session:
        return session.execute_write(work)


_LAST = """
MERGE (p:Process {id: $process})
SET p.deployed = $now
WITH p
OPTIONAL MATCH (v:ProcessVersion)-[:VERSION_OF]->(p)
WITH v ORDER BY v.number DESC LIMIT 1
RETURN coalesce(v.number, 0) AS number, v.digest AS digest, v.by AS by, v.roles AS roles,
    v.at AS at
"""
"""The version with which cases start. The process stays locked until it is decided whether there is another one."""

_KEEP = """
MATCH (p:Process {id: $process})
CREATE (v:ProcessVersion {
    id: $id, number: $number, digest: $digest, documents: $documents, forms: $forms, texts: $texts,
    by: $by, roles: $roles, at: $now
})
CREATE (v)-[:VERSION_OF]->(p)
"""


_OLDER = """
MATCH (c:Case {process: $process, open: true})-[:RUNS]->(v)
WHERE v.number <> $number
RETURN count(c) AS cases
"""


def versions(run: Run, process: str | None = None) -> list[VersionRow]:
    """The versions of all processes, or of one; by process, the newest first."""
    rows = run.run(
        """
        MATCH (v:ProcessVersion)-[:VERSION_OF]->(p:Process)
        WHERE $process IS NULL OR p.id = $process
        RETURN v.id AS id, p.id AS process, v.number AS number, v.by AS by, v.at AS at,
            COUNT { (:Case {open: true})-[:RUNS]->(v) } AS cases,
            NOT EXISTS { MATCH (later:ProcessVersion)-[:VERSION_OF]->(p) WHERE later.number > v.number } AS current
        ORDER BY process, number DESC
        """,
        process=process,
    )
    return [
        VersionRow(
            row["id"],
            row["process"],
            row["number"],
            row["by"],
            stored_moment(row["at"]),
            row["cases"],
            row["current"],
        )
        for row in rows
    ]


def current(run: Run, process: str) -> Version:
    """The version with which new cases start. Raises Unknown (unknown_process), and as ``version``."""
    row = run.run(
        """
        MATCH (v:ProcessVersion)-[:VERSION_OF]->(:Process {id: $process})
        RETURN v
        ORDER BY v.number DESC
        LIMIT 1
        """,
        process=process,
    ).single()
    if row is None:
        known = run.run("MATCH (p:Process) RETURN p.id AS id ORDER BY id LIMIT 20").value()
        text = f"no process {process!r} is deployed; there is: {', '.join(known) or 'none'}"
        raise Unknown("unknown_process", text, process, known)
    return _READ.version(process, row["v"])


def version(run: Run, id_: str, digest: str) -> Version:
    """A version by its id and digest, as cases keep them.

    Raises DefinitionRejected for one that this release can't read any more.
    """
    if (found := _READ.kept(id_, digest)) is not None:
        return found
    query = "MATCH (v:ProcessVersion {id: $id})-[:VERSION_OF]->(p) RETURN v, p.id AS process"
    row = run.run(query, id=id_).single(strict=True)
    return _READ.version(row["process"], row["v"])


def readable(read: Callable[[], Version]) -> Version | None:
    """The version that ``read`` gives. None, and a warning in the log, if it can't be read: a list goes on without."""
    try:
        return read()
    except ProcessError as wrong:
        _log.warning("version of a process can't be read", error=str(wrong))
        return None


class _Versions:
    """The versions that were read last: reading one costs more than a step of a case."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[tuple[str, str], Version] = OrderedDict()

    def kept(self, id_: str, digest: str) -> Version | None:
        with self._lock:
            return self._found.get((id_, digest))

    def version(self, process: str, node: Mapping[str, Any]) -> Version:
        found = self.kept(node["id"], node["digest"])
        if found is None:
            forms, faults = _forms(orjson.loads(node["forms"]), deployed=True)
            if faults:
                raise DefinitionRejected(tuple(faults))
            documents = {name: text.encode() for name, text in orjson.loads(node["documents"]).items()}
            known = Known(_ANY, _ANY, _fields(forms), _AnyService(), CHANGES, happened.NAMES)
            definition = read_definition(process, documents, known, deployed=True)
            templates, _ = read_templates(orjson.loads(node.get("texts") or "{}"))
            found = Version(
                node["id"], process, node["number"], node["digest"], definition, forms,
                node.get("by") or "", _roles(node.get("roles")), templates,
            )  # fmt: skip
        with self._lock:
            self._found[found.id, found.digest] = found
            self._found.move_to_end((found.id, found.digest))
            while len(self._found) > _MOST_READ:
                self._found.popitem(last=False)
        return found


_READ = _Versions()


def _roles(stated: list[str] | None) -> frozenset[str] | None:
    return None if stated is None else frozenset(stated)


def _forms(schemas: Mapping[str, object], *, deployed: bool = False) -> tuple[dict[str, Form], list[Fault]]:
    forms, faults = {}, []
    for name, schema in sorted(schemas.items()):
        try:
            forms[name] = read_form(name, schema, deployed=deployed)
        except SchemaRejected as wrong:
            faults.append(Fault(f"{name}.json", name, "wrong_form", str(wrong)))
            forms[name] = Form(name, {"properties": {key: {} for key in _named_fields(schema)}})  # for other faults
    return forms, faults


def _named_fields(schema: object) -> list[str]:
    """The fields that a wrong form names."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return list(map(str, properties)) if isinstance(properties, Mapping) else []


def _known(run: Run, forms: Mapping[str, Form], services: Wanted) -> Known:
    """What there is in the graph now."""

    def is_role(name: str) -> bool:
        return _exists(run, "Role", name)

    def is_responsibility(name: str) -> bool:
        try:
            kind, key = responsibility_kind(name)
        except Unknown:
            return False
        return _exists(run, kind, key)

    def roles() -> list[str]:
        natural = KINDS["Role"].natural
        query = f"MATCH (r:Role) WHERE r.{natural} IS NOT NULL RETURN r.{natural} AS key ORDER BY key LIMIT 100"
        return run.run(query).value()

    roles_, responsibilities = _Known(is_role, roles), _Known(is_responsibility)
    return Known(roles_, responsibilities, _fields(forms), services, CHANGES, happened.NAMES)


def _exists(run: Run, kind: str, name: str) -> bool:
    try:
        find(run, kind, name)
    except GraphError:  # also where it is not certain what is meant
        return False
    return True


def _fields(forms: Mapping[str, Form]) -> dict[str, tuple[str, ...]]:
    return {name: form.fields for name, form in forms.items()}


def _id(process: str, number: int) -> str:
    return f"{process}:{number}"


def _digest(definition: Definition, schemas: Mapping[str, object], texts: Texts) -> str:
    content = orjson.dumps(dict(schemas), option=orjson.OPT_SORT_KEYS)
    if texts:  # what was deployed before there were any keeps its digest
        content += orjson.dumps(dict(texts), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(definition.digest.encode() + content).hexdigest()
