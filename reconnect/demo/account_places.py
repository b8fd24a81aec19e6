"""Where the demo's accounts are made: a real Active Directory where Samba can run, otherwise a SCIM server."""

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import ldap3
from ldap3.core.exceptions import LDAPEntryAlreadyExistsResult

from graph.retry import NEXT
from importers.source import SourceError
from reconnect.demo.sources import municipal_domain
from reconnect.embedded.home import write_whole
from reconnect.errors import ProgramError
from sample.accounts import LEAD_DAYS, SYSTEM
from sample.domain_controller import Controller
from sample.municipality import Municipality

_DISABLED = 0x2
_STARTS = 30  # seconds


class NoPlace(ProgramError):
    """Neither can run here; the text gives the reasons."""

    retry = NEXT


@dataclass(frozen=True, slots=True)
class Seen:
    """An account, as the place itself shows it. ``groups``: names, sorted."""

    login: str
    enabled: bool
    groups: tuple[str, ...]
    title: str


class Place(Protocol):
    """``name``: the folder of the target, and its name in the settings; ``settings``: those of the target; ``keeps``:
    it still has the accounts when the demo is run again."""

    name: tuple[str, str]
    words: str
    settings: Mapping[str, Any]
    keeps: bool

    def seen(self, email: str) -> Seen | None:
        """The account with this mail address; None if there is none."""

    def rename(self, email: str, title: str) -> None:
        """Give it another title by hand, as the place's administrator."""


@contextmanager
def place(folder: Path, directory: Path, municipality: Municipality, units: Sequence[str]) -> Iterator[Place]:
    """The place for a block. ``folder``: the scene's own; ``directory``: that of the municipality's domain; ``units``:
    uuids of the units that get groups. Raises NoPlace."""
    with ExitStack() as stack:
        try:
            controller = stack.enter_context(municipal_domain(directory, municipality))
        except SourceError as error:
            found: Place = stack.enter_context(_scim(str(error), units))
        else:
            found = _Domain(controller, folder, units)
        yield found


# -- Active Directory -------------------------------------------------------------------------------------------------


class _Domain:
    """An OU of the municipality's domain, beside those that the import reads."""

    name = ("active_directory", "pilot")
    keeps = True

    def __init__(self, controller: Controller, folder: Path, units: Sequence[str]) -> None:
        ou = f"OU=REConnect,{controller.base}"
        self._base, self._wire = ou, controller.connection()
        for dn in (ou, *(f"OU={name},{ou}" for name in ("Brugere", "Lukkede", "Grupper"))):
            try:
                self._wire.add(dn, "organizationalUnit")
            except LDAPEntryAlreadyExistsResult:
                continue
        password = folder / "password"
        write_whole(password, controller.password)
        self.words = f"Active Directory (a Samba domain, {ou})"
        self.settings: Mapping[str, Any] = {
            "controllers": [controller.address],
            "ca_file": str(controller.ca),
            "user": controller.user,
            "password": f"file:{password}",
            "base": controller.base,
            "system": SYSTEM,
            "within": [ou],
            "users_ou": f"OU=Brugere,{ou}",
            "closed_ou": f"OU=Lukkede,{ou}",
            "units": {"roots": [*units]},
            "groups": {"kinds": ["unit"], "ou": f"OU=Grupper,{ou}"},
            "drift": "correct",
            "brake": {"share": 0.3, "count": 50, "kinds": {"group": {"share": 0.5, "count": 50}}},
        }

    def seen(self, email: str) -> Seen | None:
        found = self._found(f"(mail={email})", "sAMAccountName", "userAccountControl", "title")
        if found is None:
            return None
        self._wire.search(self._base, f"(&(objectClass=group)(member={found['dn']}))", attributes=["cn"])
        groups = sorted(_first(each, "cn") for each in self._entries())
        enabled = not int(_first(found, "userAccountControl")) & _DISABLED
        return Seen(_first(found, "sAMAccountName"), enabled, tuple(groups), _first(found, "title"))

    def rename(self, email: str, title: str) -> None:
        found = self._found(f"(mail={email})")
        if found is not None:
            self._wire.modify(found["dn"], {"title": [(ldap3.MODIFY_REPLACE, [title])]})

    def _found(self, condition: str, *attributes: str) -> dict[str, Any] | None:
        self._wire.search(self._base, condition, attributes=[*attributes])
        return next(iter(self._entries()), None)

    def _entries(self) -> list[dict[str, Any]]:
        return [each for each in self._wire.response or () if each["type"] == "searchResEntry"]


def _first(entry: Mapping[str, Any], name: str) -> str:
    values: list[bytes] = entry["raw_attributes"].get(name) or [b""]
    return values[0].decode()


# -- SCIM -------------------------------------------------------------------------------------------------------------


_FORGOTTEN: Mapping[str, Any] = {"share": 1, "count": 1000}
"""Another time the server has none of it, and is supplied anew."""


class _Scim:
    """A SCIM server from PyPI, which forgets everything when it ends."""

    name = ("scim", "pilot")
    keeps = False

    def __init__(self, url: str, token: str, why: str, units: Sequence[str]) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        self.words = f"a SCIM server, since no Active Directory can run here ({why})"
        self.settings: Mapping[str, Any] = {
            "base_url": url,
            "login": {"kind": "bearer", "token": token},
            "own_machine": True,
            "rate_per_s": 0,
            "image": {"roots": [*units], "days_ahead": LEAD_DAYS, "user_name": ["work_email"]},
            "prefixes": {"unit": "Enhed "},
            "drift": "correct",
            "brake": {
                "share": 0.3, "count": 50, "gone": _FORGOTTEN,
                "kinds": {"Group": {"share": 0.5, "count": 50, "gone": _FORGOTTEN}},
            },
        }  # fmt: skip

    def seen(self, email: str) -> Seen | None:
        found = self._found(email)
        if found is None:
            return None
        groups = self._http.get("/Groups", params={"count": 500}).json()["Resources"]
        of = [
            each["displayName"]
            for each in groups
            if any(member["value"] == found["id"] for member in each.get("members", ()))
        ]
        return Seen(found["userName"], found.get("active", True), tuple(sorted(of)), found.get("title", ""))

    def rename(self, email: str, title: str) -> None:
        found = self._found(email)
        if found is not None:
            operation = {"op": "replace", "path": "title", "value": title}
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
            self._http.patch(f"/Users/{found['id']}", json=body).raise_for_status()

    def _found(self, email: str) -> dict[str, Any] | None:
        answer = self._http.get("/Users", params={"filter": f'userName eq "{email}"'}).json()
        found: list[dict[str, Any]] = answer.get("Resources") or []
        return found[0] if found else None


@contextmanager
def _scim(why: str, units: Sequence[str]) -> Iterator[Place]:
    program = Path(sys.executable).with_name("scim2-server")
    if not program.exists():
        raise NoPlace(f"{why}; and there is no SCIM server (scim2-server) beside this Python")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, url = secrets.token_urlsafe(), f"http://127.0.0.1:{port}"
    command = [str(program), "--port", str(port), "--bearer-token", token]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            made = _Scim(url, token, why, units)
            _await(process, url)
            yield made
        finally:
            process.terminate()


def _await(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + _STARTS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/ServiceProviderConfig")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise NoPlace("the SCIM server (scim2-server) did not start")
