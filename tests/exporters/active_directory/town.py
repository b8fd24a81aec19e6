"""A small municipality as the image has it, its domain (a real Samba), and short ways to change both."""

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import ldap3
import neo4j
from ldap3.protocol.formatters.formatters import format_sid

from exporters.active_directory.passwords import Channels
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.active_directory.target import ActiveDirectory
from exporters.objects.export import run_object_export
from exporters.one_time_links import OneTimeLinks
from exporters.report import ExportReport
from graph.cpr.keyring import Keyring
from tests.directories.controller import Controller

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
AT = date(2026, 3, 2)
KEY = "msDS-cloudExtensionAttribute1"
_SPACE = UUID("9d6f2a52-64b5-4b8e-9b0c-6f2b6d9a1f11")


def uuid_of(name: str) -> str:
    """Of the planned account of a person."""
    return str(uuid5(_SPACE, name))


@dataclass
class Town:
    """People by short name: values of the plan, the person and the employment; units by uuid."""

    units: dict[str, dict[str, Any]] = field(default_factory=lambda: {"root": {"name": "Rådhuset", "parent": None}})
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    coming: set[str] = field(default_factory=set)
    """User names of accounts that are to be open soon."""
    former: dict[str, str | None] = field(default_factory=dict)
    """Short name → the day on which the account may be deleted."""
    stopped: set[str] = field(default_factory=set)
    """Of those who have left."""
    roles: list[tuple[str, str]] = field(default_factory=list)
    former_roles: set[str] = field(default_factory=set)
    """Keys of roles that are there, and that nobody holds."""
    positions: list[dict[str, str]] = field(default_factory=list)
    rights: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    """Right → (short names of its holders, other rights that include it)."""

    def unit(self, uuid: str, name: str = "", parent: str | None = "root") -> "Town":
        self.units[uuid] = {"name": name or uuid.title(), "parent": parent}
        return self

    def person(
        self, short: str, name: str = "", unit: str = "root", manager: str | None = None, **values: Any
    ) -> "Town":
        known = {"name": name or f"{short.title()} Testrup", "unit": unit, "manager": manager, "login": short}
        self.people[short] = {**known, "email": f"{short}@klit.example", **values}
        return self

    def set(self, short: str, **values: Any) -> "Town":
        self.people[short] |= values
        return self

    def leave(self, *shorts: str, delete_on: str | None = None) -> "Town":
        for short in shorts:
            del self.people[short]
            self.former[short] = delete_on
        return self

    def read(self, document: str, operation: str, variables: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """The reader of the image."""
        made = {
            "Units": [self._unit(*each) for each in self.units.items()],
            "Accounts": [self._account(*each) for each in self.people.items()],
            "Coming": [
                {"login": each, "principalName": None, "email": None, "system": {"key": "active_directory"}}
                for each in self.coming
            ],
            "Former": [
                {
                    "uuid": uuid_of(short),
                    "owner": {"history": [{"from": "2020-01-01", "to": None, "stopped": short in self.stopped}]},
                    "history": [{"from": "2020-01-01", "to": None, "deleteOn": day}],
                }
                for short, day in self.former.items()
            ],
            "Employments": [_employment(*each) for each in self.people.items() if not each[1].get("without_job")],
            "Managers": [
                _manager(*each)
                for each in self.people.items()
                if not each[1].get("comes") and not each[1].get("without_job")
            ],
            "ComingManagers": [_manager(*each) for each in self.people.items()],
            "Rights": [
                {
                    "right": {"uuid": f"right-{key}", "key": key, "title": key.title()},
                    "subjects": [{"uuid": f"e-{short}", "person": {"uuid": short}} for short in holders],
                    "within": [{"uuid": f"right-{other}"} for other in within],
                }
                for key, (holders, within) in self.rights.items()
            ],
            "Roles": [
                {
                    "uuid": f"a-{key}-{short}",
                    "role": {"uuid": f"role-{key}", "key": key, "title": key.title()},
                    "unit": [],
                    "everFor": [],
                    "holder": {"uuid": f"e-{short}", "person": {"uuid": short}},
                }
                for key, short in self.roles
            ],
        }
        held = {key for key, _ in self.roles}
        made["KnownRoles"] = [
            {"uuid": f"role-{key}", "key": key, "title": key.title()} for key in sorted(held | self.former_roles)
        ]
        made["Positions"] = [{"code": None, "institution": None, **each} for each in self.positions]
        return iter(made.get(operation, []))

    def _unit(self, uuid: str, values: Mapping[str, Any]) -> dict[str, Any]:
        texts = {
            name: values.get(name) for name in ("name", "number", "street", "postalCode", "city", "costCenter", "ean")
        }
        parent = values["parent"]
        return {"uuid": uuid, **texts, "parent": {"uuid": parent} if parent else None}

    def _account(self, short: str, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "uuid": uuid_of(values.get("account", short)),
            "login": values["login"],
            "principalName": values.get(
                "principal_name", f"{values['login']}@kommune.test" if values["login"] else None
            ),
            "email": values["email"],
            "commonName": values.get("cn"),
            "formerEmails": values.get("former_emails"),
            "licence": None,
            "type": None,
            "expires": values.get("expires"),
            "extra": values.get("extra"),
            "existsTo": values.get("to"),
            "system": {"key": values.get("system", "active_directory")},
            "employment": None if values.get("unit") is None else {"uuid": f"e-{short}"},
            "affiliation": None,
            "realisedBy": None,
            "owner": {
                "uuid": values.get("person", short),
                "name": values["name"],
                "givenName": values.get("given_name"),
                "surname": values.get("surname"),
                "workPhone": None,
                "mobile": values.get("mobile"),
                "addressProtected": values.get("protected"),
                "stopped": values.get("stopped"),
                "accounts": [
                    {"keys": [f"active_directory:{guid}"], "system": {"key": "active_directory"}, "plannedAs": []}
                    for guid in values.get("observed", ())
                ],
            },
        }


def _employment(short: str, values: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        "number": values.get("number", short), "type": "monthly_full", "title": values.get("title"), "email": None,
        "emailHidden": None, "phone": values.get("phone"), "phoneHidden": None,
    }  # fmt: skip
    return {
        "uuid": f"e-{short}",
        "unit": {"uuid": values["unit"]} if values["unit"] else None,
        "position": values.get("position"),
        "person": {"uuid": values.get("person", short)},
        "history": [{"from": "2020-01-01", "to": None, **own}],
    }


def _manager(short: str, values: Mapping[str, Any]) -> dict[str, Any]:
    manager = values["manager"]
    return {"employment": {"uuid": f"e-{short}"}, "holders": [{"person": {"uuid": manager}}] if manager else []}


@dataclass
class Domain:
    """A domain, as its administrator sees it. ``ou``: the test's own, with Users, Closed, Groups and Units below."""

    controller: Controller
    driver: neo4j.Driver
    ou: str
    name: str = "active_directory-kommune"
    mails: list[tuple[str, str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    links: OneTimeLinks | None = None

    def __post_init__(self) -> None:
        self.wire = self.controller.connection()
        for name in ("Users", "Closed", "Groups", "Units", "ClosedUnits"):
            self.wire.add(f"OU={name},{self.ou}", "organizationalUnit")

    def settings(self, **values: Any) -> ActiveDirectorySettings:
        return ActiveDirectorySettings.model_validate(
            {
                "controllers": [self.controller.address],
                "ca_file": self.controller.ca,
                "user": self.controller.user,
                "password": self.controller.password,
                "base": self.controller.base,
                "within": [self.ou],
                "users_ou": f"OU=Users,{self.ou}",
                "closed_ou": f"OU=Closed,{self.ou}",
                "pauses": (0.01, 0.01),
                "brake": {"share": 1, "count": 100_000},
                "verify_every": 0,
                **values,
            }
        )

    def target(self, **values: Any) -> ActiveDirectory:
        return ActiveDirectory(self.name, self.settings(**values), Channels(self._mail, self._sms, self.links))

    def _mail(self, *mail: str) -> None:
        self.mails.append(mail)  # type: ignore[arg-type]

    def _sms(self, *message: str) -> None:
        self.messages.append(message)  # type: ignore[arg-type]

    def export(self, town: Town, *, made: ActiveDirectory | None = None, **how: Any) -> ExportReport:
        """One run, of the fixed day unless ``at`` is given. ``settings``: values of the settings."""
        target = made or self.target(**how.pop("settings", {}))
        return run_object_export(
            self.driver, target, town.read, RING, at=how.pop("at", AT), sleep=lambda _: None, **how
        )

    # -- as the domain's administrator --------------------------------------------------------------------------

    def found(self, what: str, *attributes: str, base: str = "") -> list[dict[str, Any]]:
        """Entries below the test's OU: attribute → texts, with dn."""
        asked = [
            *attributes, "objectGUID", "sAMAccountName", "userAccountControl", "displayName", "mail", "title", "member",
            "manager", "pwdLastSet", "accountExpires", "userPrincipalName", KEY, "uSNChanged",
        ]  # fmt: skip
        self.wire.search(base or self.ou, what, attributes=asked)
        return [
            {
                "dn": each["dn"],
                **{
                    name: str(UUID(bytes_le=raw[0])) if name == "objectGUID" else [value.decode() for value in raw]
                    for name, raw in each["raw_attributes"].items()
                },
            }
            for each in self.wire.response
            if each["type"] == "searchResEntry"
        ]

    def user(self, login: str) -> dict[str, Any]:
        (found,) = self.found(f"(&(objectClass=user)(sAMAccountName={login}))", base=self.controller.base)
        return found

    def logins(self) -> list[str]:
        return sorted(each["sAMAccountName"][0] for each in self.found("(objectClass=user)"))

    def enabled(self, login: str) -> bool:
        return not int(self.user(login)["userAccountControl"][0]) & 2

    def members(self, name: str) -> list[str]:
        (found,) = self.found(f"(&(objectClass=group)(cn={name}))")
        return sorted(each.split(",")[0][3:] for each in found.get("member", ()))

    def add(self, login: str, ou: str = "", **attributes: Any) -> dict[str, Any]:
        """A user made by hand."""
        dn = f"CN={login},{ou or f'OU=Users,{self.ou}'}"
        self.wire.add(dn, "user", {"sAMAccountName": login, "userAccountControl": 514, **attributes})
        return self.user(login)

    def set(self, dn: str, **attributes: Any) -> None:
        self.wire.modify(
            dn,
            {
                name: [(ldap3.MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                for name, value in attributes.items()
            },
        )

    def delegate(self, login: str, ou: str) -> None:
        """Full control on the OU and what is below it, as the README's command for Samba gives it."""
        self.wire.search(self.user(login)["dn"], "(objectClass=*)", ldap3.BASE, attributes=["objectSid"])
        sid = format_sid(self.wire.response[0]["raw_attributes"]["objectSid"][0])
        # The copy that reset takes is longer.
        database = min(self.controller.folder.glob("**/private/sam.ldb"), key=lambda each: len(str(each)))
        command = ["samba-tool", "dsacl", "set", "-H", str(database), f"--objectdn={ou}", f"--sddl=(A;CI;GA;;;{sid})"]
        subprocess.run(command, check=True, capture_output=True)

    def state(self) -> str:
        """A digest of everything below the test's OU: equal if nothing was written."""
        rows = sorted((each["dn"], each["uSNChanged"]) for each in self.found("(objectClass=*)"))
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def ledger(self) -> str:
        rows, _, _ = self.driver.execute_query("MATCH (e:LedgerEntry) RETURN properties(e) AS entry")
        return repr([row["entry"] for row in rows])


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) for which files can be sealed."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "print room")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"
