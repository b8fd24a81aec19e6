"""FK-adm's interface for roles, over TLS for registered client certificates only.

Reads return systems, their roles, a thin list of job-function roles, and each by UUID. Writes are checked by the
vendor's rules: one that breaks a rule gets 406 with the reason, and always will. PUT needs the version that was read.
Only its owner may change a delegated role.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sample.certificates import Authority, Pair
from sample.fk_adm_service.records import Record
from sample.tls_server import CertifiedHandler, serving

BASE = "/stsadmin/xapi"
_LARGEST = 1 << 20
_SYSTEMS = re.compile(rf"{BASE}/jobfunktionsroller/brugervendtesystemer")
_ROLES = re.compile(rf"{_SYSTEMS.pattern}/([0-9a-f-]{{36}})/roller")
_JOB_ROLES = re.compile(rf"{BASE}/jobfunktionsroller")
_JOB_ROLE = re.compile(rf"{_JOB_ROLES.pattern}/([0-9a-f-]{{36}})")
_THIN = ("uuid", "navn", "entityId", "organisationCvr")
_LONGEST_DESCRIPTION = 200
Answer = tuple[int, Any]


class Broken(Exception):
    """A rule that a role breaks: 406."""


@dataclass
class Service:
    """The service as tests control it. ``clients``: SHA-256 of a certificate → CVR of the authority that it was issued
    to.

    ``roles``: uuid of a system → its roles. ``answers``: path (without the base) → status and body to send instead of
    the right ones; the body unchanged. ``calls``: (method, path, status), the latest last.
    """

    clients: dict[str, str] = field(default_factory=dict)
    systems: list[Record] = field(default_factory=list)
    roles: dict[str, list[Record]] = field(default_factory=dict)
    job_roles: dict[str, Record] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, body: bytes, fingerprint: str) -> tuple[int, bytes]:
        """Status and content."""
        owner = self.clients.get(fingerprint)
        instead = self.answers.get(path.removeprefix(BASE))
        if owner is None:
            status, content = 403, b"Forbidden"
        elif instead is not None:
            status, content = instead
        else:
            with self._lock:
                status, found = self._answered(method, path, body, owner)
            content = b"" if found is None else json.dumps(found, ensure_ascii=False).encode()
        self.calls.append((method, path.removeprefix(BASE), status))
        return status, content

    def _answered(self, method: str, path: str, body: bytes, owner: str) -> Answer:
        if method == "GET":
            return self._got(path)
        try:
            if method == "POST" and _JOB_ROLES.fullmatch(path):
                return 200, self._saved(str(uuid4()), self._role(body), owner)
            if (named := _JOB_ROLE.fullmatch(path)) and method in ("PUT", "DELETE"):
                return self._changed(method, named[1], body, owner)
        except Broken as rule:
            return 406, {"fejl": str(rule)}
        return 405, None

    def _got(self, path: str) -> Answer:
        if _SYSTEMS.fullmatch(path):
            return 200, self.systems
        if named := _ROLES.fullmatch(path):
            known = any(each["uuid"] == named[1] for each in self.systems)
            return (200, self.roles.get(named[1]) or None) if known else (404, None)
        if _JOB_ROLES.fullmatch(path):
            return 200, [{name: each[name] for name in _THIN} for each in self.job_roles.values()]
        if named := _JOB_ROLE.fullmatch(path):
            found = self.job_roles.get(named[1])
            return (404, None) if found is None else (200, found)
        return 404, None

    def _changed(self, method: str, uuid: str, body: bytes, owner: str) -> Answer:
        known = self.job_roles.get(uuid)
        if known is None:
            return 404, None
        if known["organisationCvr"] != owner:
            raise Broken("Rollen er delegeret og kan kun ændres af sin egen myndighed")
        if method == "DELETE":
            del self.job_roles[uuid]
            return 200, None
        role = self._role(body)
        if role.get("version") != known["version"]:
            raise Broken(f"Versionen er {known['version']}, ikke {role.get('version')}")
        if role.get("entityId") != known["entityId"]:
            raise Broken("entityId kan ikke ændres")
        return 200, self._saved(uuid, role, owner)

    def _role(self, body: bytes) -> Record:
        try:
            role = json.loads(body)
        except ValueError:
            role = None
        if not isinstance(role, dict):
            raise Broken("Det er ikke en jobfunktionsrolle")
        return role

    def _saved(self, uuid: str, role: Record, owner: str) -> Record:
        for name in ("navn", "entityId"):
            if not role.get(name):
                raise Broken(f"{name} mangler")
        if len(role.get("beskrivelse") or "") > _LONGEST_DESCRIPTION:
            raise Broken(f"beskrivelse må højst være {_LONGEST_DESCRIPTION} tegn")
        if role.get("organisationCvr") != owner:
            raise Broken("organisationCvr er ikke myndighedens eget")
        if any(each["entityId"] == role["entityId"] for key, each in self.job_roles.items() if key != uuid):
            raise Broken("entityId er i brug")
        for part in role.get("brugersystemrolleDataafgraensninger") or ():
            self._check_part(part)
        version = self.job_roles[uuid]["version"] + 1 if uuid in self.job_roles else 1
        self.job_roles[uuid] = {**deepcopy(role), "uuid": uuid, "version": version}
        return self.job_roles[uuid]

    def _check_part(self, part: Record) -> None:
        everywhere = (each for roles in self.roles.values() for each in roles)
        role = next((each for each in everywhere if each["uuid"] == part.get("brugersystemrolleUuid")), None)
        if role is None:
            raise Broken("brugersystemrollen findes ikke")
        kinds = {each["dataafgraensningstype"]["entityId"]: each for each in role["dataafgraensningstyper"]}
        values = {each["dataafgraensningstypeEntityId"]: each for each in part.get("dataafgraensningsVaerdier") or ()}
        for uri, value in values.items():
            if uri not in kinds:
                raise Broken(f"{role['navn']} tager ikke {uri}")
            if not value["dynamisk"]:
                _check_value(value["vaerdi"], kinds[uri]["dataafgraensningstype"])
        for uri, each in kinds.items():
            if each["kraevet"] == "JA" and not (values.get(uri) or {}).get("vaerdi"):
                raise Broken(f"{role['navn']} kræver {uri}")


def _check_value(text: str, kind: Record) -> None:
    listed = {each["vaerdi"] for each in kind["vaerdiListe"]}
    parts = [text] if kind["type"] in ("SINGLE", "TEXT", "ITSYSTEM") else text.split(",")
    if listed and not listed.issuperset(parts):
        raise Broken(f"{text} er ikke en værdi af {kind['navn']}")
    if kind["regulaertUdtryk"] and not re.fullmatch(kind["regulaertUdtryk"], text):
        raise Broken(f"{text} passer ikke til {kind['navn']}")


@dataclass(frozen=True)
class Running:
    """A running service."""

    port: int
    service: Service

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}{BASE}"


class _Handler(CertifiedHandler):
    def _answered(self) -> None:
        body = self.body(_LARGEST)
        if body is not None:
            service: Service = self.server.service
            status, content = service.answer(self.command, self.path, body, self.fingerprint)
            self.answer(status, "application/json;charset=UTF-8", content)

    do_GET = do_POST = do_PUT = do_DELETE = _answered


@contextmanager
def serve(service: Service, identity: Pair, authority: Authority, port: int = 0) -> Iterator[Running]:
    """Run it on loopback in threads; port 0 = any free one. Clients need a certificate of ``authority``."""
    with serving(_Handler, service, identity, authority, port) as used:
        yield Running(used, service)
