"""A small municipality as SCIM's image tells it, and short ways to change it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import neo4j

from exporters.objects.export import run_object_export
from exporters.report import ExportReport
from exporters.scim.settings import ScimSettings
from exporters.scim.target import Scim
from graph.cpr.keyring import Keyring
from tests.exporters.scim.peer import TOKEN

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
AT = date(2026, 3, 2)


@dataclass
class Town:
    """People by uuid: values of the person and the employment; units by uuid."""

    units: dict[str, dict[str, Any]] = field(default_factory=lambda: {"root": {"name": "Rådhuset", "parent": None}})
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(key of the role, uuid of the person, uuid of the unit; None: for none)"""
    stopped: set[str] = field(default_factory=set)
    """Of those who have left."""

    def unit(self, uuid: str, name: str = "", parent: str | None = "root", **values: Any) -> "Town":
        self.units[uuid] = {"name": name or uuid.title(), "parent": parent, **values}
        return self

    def person(
        self, uuid: str, name: str = "", unit: str | None = "root", manager: str | None = None, **values: Any
    ) -> "Town":
        known = {"name": name or f"{uuid.title()} Testrup", "unit": unit, "manager": manager}
        self.people[uuid] = {**known, "email": f"{uuid}@klit.example", **values}
        return self

    def set(self, uuid: str, **values: Any) -> "Town":
        self.people[uuid] |= values
        return self

    def leave(self, *uuids: str) -> "Town":
        for uuid in uuids:
            del self.people[uuid]
        return self

    def read(self, document: str, operation: str, variables: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """The reader of the image."""
        if operation == "Units":
            return iter([self._unit(*each) for each in self.units.items()])
        if operation == "Employments":
            return iter([self._employment(*each) for each in self.people.items()])
        if operation == "Managers":
            return iter([_manager(*each) for each in self.people.items()])
        if operation == "Roles":
            return iter([_role(*each) for each in self.roles])
        if operation == "Stopped":
            return iter([{"uuid": each} for each in sorted(self.stopped)])
        return iter(())

    def _unit(self, uuid: str, values: Mapping[str, Any]) -> dict[str, Any]:
        texts = {name: values.get(name) for name in ("name", "number", "street", "postalCode", "city", "costCenter")}
        parent = values["parent"]
        return {"uuid": uuid, **texts, "parent": {"uuid": parent} if parent else None}

    def _employment(self, uuid: str, values: Mapping[str, Any]) -> dict[str, Any]:
        since = {"from": str(values.get("start", "2020-01-01")), "to": values.get("end")}
        own = {
            "number": values.get("number", uuid), "type": "monthly_full", "title": values.get("title"),
            "onLeave": False, "fraction": 1.0, "email": values["email"], "emailHidden": False,
            "phone": values.get("phone"), "phoneHidden": False,
        }  # fmt: skip
        person = {
            "name": values["name"], "givenName": values.get("given_name"), "surname": values.get("surname"),
            "workEmail": None, "workPhone": None, "mobile": values.get("mobile"),
            "addressProtected": values.get("protected"), "stopped": values.get("stopped"),
        }  # fmt: skip
        return {
            "uuid": f"e-{uuid}",
            "unit": {"uuid": values["unit"]} if values["unit"] else None,
            "position": values.get("position"),
            "history": [{**since, **own}],
            "person": {"uuid": uuid, "history": [{**since, **person}], "accounts": values.get("accounts", [])},
        }


def _manager(uuid: str, values: Mapping[str, Any]) -> dict[str, Any]:
    manager = values["manager"]
    holders = [{"person": {"uuid": manager}}] if manager else []
    return {"employment": {"uuid": f"e-{uuid}"}, "holders": holders}


def _role(key: str, person: str, unit: str | None) -> dict[str, Any]:
    role = {"uuid": f"role-{key}", "key": key, "title": key.title()}
    units = [{"uuid": unit}] if unit else []
    holder = {"uuid": person}
    return {"uuid": f"a-{key}-{person}", "role": role, "unit": units, "everFor": units, "holder": holder}


def settings(url: str, **values: Any) -> ScimSettings:
    """Of a server at ``url``, without pauses, and with a brake that lets everything pass."""
    return ScimSettings.model_validate(
        {
            "base_url": url,
            "login": {"kind": "bearer", "token": TOKEN},
            "own_machine": True,
            "rate_per_s": 0,
            "pauses": (0.01, 0.01),
            "timeout_s": 10,
            "brake": {"share": 1, "count": 100_000},
            "image": {"groups": []},
            "verify_every": 0,
            **values,
        }
    )


def export(driver: neo4j.Driver, town: Town, made: ScimSettings, **how: Any) -> ExportReport:
    """One run, of the fixed day unless ``at`` is given."""
    return run_object_export(
        driver,
        Scim(how.pop("name", "scim-intranet"), made),
        town.read,
        RING,
        at=how.pop("at", AT),
        sleep=lambda _: None,
        **how,
    )
