"""Job-function roles as the image tells them, and FK-adm's stand-in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import neo4j

from exporters.fk_adm.settings import FkAdmSettings
from exporters.fk_adm.target import FkAdm
from exporters.objects.export import run_object_export
from exporters.report import ExportReport
from graph.cpr.keyring import Keyring
from sample.certificates import Authority, Pair
from sample.fk_adm_service.app import Running
from sample.fk_adm_service.content import fill
from sample.fk_adm_service.records import BENEFIT, KLE, SENSITIVITY, UNIT, Record

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
AT = date(2026, 6, 15)
CVR = "12345678"
ROLE = "5f8f0c1e-0000-4000-8000-0000000000a1"
URI = "http://solbjerg.example/roles/jobrole/borgerservice/1"
PARAMETER = "http://solbjerg.example/borgerservice-kle/1/parametric"
LEVELS = (
    "IKKE_FORTROLIGE_DATA=1d81c472-0808-44cc-963d-f5ef0170ae1d",
    "FORTROLIGE_PERSONOPLYSNINGER=292e85a9-8ad4-46df-9e50-f97d6837ad74",
    "FOELSOMME_PERSONOPLYSNINGER=31c09910-e011-46a5-86fb-254374421fe8",
)


def type_(uri: str, content: str, form: str = "multi", **more: Any) -> dict[str, Any]:
    return {"uuid": uri, "key": uri, "title": content, "uri": uri, "content": content.upper(),
            "form": form.upper(), "levels": None, "cumulative": None, **more}  # fmt: skip


TYPES = {
    KLE: type_(KLE, "kle", "text"),
    UNIT: type_(UNIT, "unit", "text"),
    SENSITIVITY: type_(SENSITIVITY, "sensitivity", levels=list(LEVELS), cumulative=True),
    BENEFIT: type_(BENEFIT, "other"),
}


def system_role(system: str, name: str, *types: str) -> dict[str, Any]:
    """As the sample's FK-adm names it: ``http://overblik.example/roles/usersystemrole/laes/1``."""
    uri = f"http://{system}.example/roles/usersystemrole/{name}/1"
    required = [{"uuid": each} for each in types]
    return {"uuid": uri, "title": name, "uri": uri, "system": {"key": system, "environment": "PRODUCTION"},
            "requiredTypes": required[:1], "optionalTypes": required[1:]}  # fmt: skip


READ = system_role("overblik", "laes", KLE, SENSITIVITY, UNIT)
PAY = system_role("ydelser", "udbetal", BENEFIT)


def setting(uri: str, within: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return {"uuid": f"{uri} {within and within['uuid']}", "fixed": None, "derived": None, "parameter": None,
            "unlimited": None, "systemRole": within and {"uuid": within["uuid"]}, "type": TYPES[uri],
            "excludedUnits": [], **values}  # fmt: skip


def by_kle(**values: Any) -> dict[str, Any]:
    return setting(KLE, **{"derived": "kle_performs", "parameter": PARAMETER, **values})


def role(uuid: str = ROLE, uri: str = URI, **values: Any) -> dict[str, Any]:
    """By default one that reads, by its unit's KLE and up to the second level."""
    told = {
        "uuid": uuid, "title": "Borgerservice", "uri": uri, "description": "Vejleder", "delegatedFromCvr": None,
        "includes": [READ],
        "settings": [by_kle(), setting(SENSITIVITY, fixed=["FORTROLIGE_PERSONOPLYSNINGER"])],
    }  # fmt: skip
    return {**told, **values}


def image_of(*roles: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The image's answers: each thing once, and named by its uuid elsewhere."""
    by_uuid = {one["uuid"]: one for each in roles for one in each["includes"] if one}
    settings = [(each["uuid"], one) for each in roles for one in each["settings"]]
    types = {one["type"]["uuid"]: one["type"] for _, one in settings if one["type"]}
    return {
        "Roles": [
            {**{name: value for name, value in each.items() if name != "settings"},
             "includes": [{"uuid": one["uuid"]} if one else {} for one in each["includes"]]}
            for each in roles
        ],
        "SystemRoles": [*by_uuid.values()],
        "Types": [*types.values()],
        "Settings": [
            {**each, "uuid": f"{of} {each['uuid']}", "of": {"uuid": of},
             "type": each["type"] and {"uuid": each["type"]["uuid"]}}
            for of, each in settings
        ],
    }  # fmt: skip


@dataclass
class Town:
    """The stand-in as the sample fills it, and our roles by uuid."""

    running: Running
    authority: Authority
    client: Pair
    roles: dict[str, dict[str, Any]] = field(default_factory=lambda: {ROLE: role()})

    def __post_init__(self) -> None:
        self.service = self.running.service
        fill(self.service, CVR)

    def settings(self, **values: Any) -> FkAdmSettings:
        told = {
            "certificate": self.client.certificate, "private_key": self.client.key, "cvr": CVR,
            "authority": self.authority.certificate, "url": self.running.url, "own_machine": True,
            "calls_per_second": 1000, "brake": {"share": 1, "count": 100_000},
        }  # fmt: skip
        return FkAdmSettings.model_validate({**told, **values})

    def read(self, document: str, operation: str, variables: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """The reader of the image."""
        return iter(image_of(*self.roles.values())[operation])

    def export(self, driver: neo4j.Driver, full: bool = False, dry_run: bool = False, **values: Any) -> ExportReport:
        self.service.calls.clear()
        target = FkAdm("fk_adm", self.settings(**values), sleep=lambda _: None)
        return run_object_export(
            driver, target, self.read, RING, at=AT, full=full, dry_run=dry_run, sleep=lambda _: None
        )

    @property
    def writes(self) -> list[tuple[str, int]]:
        """Method and status of the changes of the last run."""
        return [(method, status) for method, _, status in self.service.calls if method != "GET"]

    def at_kombit(self, uri: str = URI) -> Record:
        """The one role there with this URI."""
        (found,) = [each for each in self.service.job_roles.values() if each["entityId"] == uri]
        return found
