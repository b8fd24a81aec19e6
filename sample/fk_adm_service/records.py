"""Makes systems, constraint types and roles in FK-adm's JSON from a few arguments."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

_SPACE = UUID("6f9a1c52-3f1e-4bb0-9d2b-0c3d5e7f1a11")
Record = dict[str, Any]

OVERVIEW, BENEFITS = "Overblik", "Ydelser"
KLE = "http://sts.kombit.dk/constraints/KLE/1"
UNIT = "http://sts.kombit.dk/constraints/orgenhed/1"
SENSITIVITY = "http://sts.kombit.dk/constraints/foelsomhed/1"
BENEFIT = "http://benefits.example/constraints/benefit/1"
KLE_PATTERN = (
    r"^(\*|[0-9]{2}\.\*|[0-9]{2}\.[0-9]{2}\.(\*|[0-9]{2}))(,(\*|[0-9]{2}\.\*|[0-9]{2}\.[0-9]{2}\.(\*|[0-9]{2})))*$"
)
UNIT_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(,[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*$"
LEVELS = {
    "1d81c472-0808-44cc-963d-f5ef0170ae1d": "Ikke fortrolige data",
    "292e85a9-8ad4-46df-9e50-f97d6837ad74": "Fortrolige personoplysninger",
    "31c09910-e011-46a5-86fb-254374421fe8": "Følsomme personoplysninger",
    "44f4108b-26d4-46de-a90f-35e35b55b8d8": "Særligt beskyttede",
}


def uuid_of(name: str) -> str:
    return str(uuid5(_SPACE, name))


def system(name: str, changed: str | None = "2026-05-04T10:11:12Z") -> Record:
    """``changed``: its trailing Z is text, not a time zone; it may be null."""
    return {
        "uuid": uuid_of(name),
        "navn": name,
        "organisationNavn": "Leverandøren A/S",
        "organisationCvr": "55667788",
        "changedDate": changed,
    }


def constraint_type(
    uri: str, name: str, form: str, *, common: bool = True, pattern: str = "", values: Mapping[str, str] | None = None
) -> Record:
    return {
        "uuid": uuid_of(uri),
        "entityId": uri,
        "navn": name,
        "beskrivelse": "",
        "isCommon": common,
        "type": form,
        "regulaertUdtryk": pattern or None,
        "vaerdiListe": [{"navn": title, "vaerdi": value} for value, title in (values or {}).items()],
    }


def kle() -> Record:
    return constraint_type(KLE, "KLE", "TEXT", pattern=KLE_PATTERN)


def unit() -> Record:
    return constraint_type(UNIT, "Organisatorisk enhed", "TEXT", pattern=UNIT_PATTERN)


def sensitivity() -> Record:
    return constraint_type(SENSITIVITY, "Følsomhed", "MULTI", values=LEVELS)


def benefit() -> Record:
    titles = {"kontanthjaelp": "Kontanthjælp", "sygedagpenge": "Sygedagpenge", "ledighed": "Ledighedsydelse"}
    return constraint_type(BENEFIT, "Ydelsesart", "MULTI", common=False, values=titles)


def role(
    system: str, name: str, required: Mapping[str, Record], optional: Mapping[str, Record] | None = None
) -> Record:
    """``required``, ``optional``: constraint types by whatever name."""
    uses = [("JA", each) for each in required.values()] + [("NEJ", each) for each in (optional or {}).values()]
    return {
        "uuid": uuid_of(f"{system}/{name}"),
        "entityId": f"http://{system.lower()}.example/roles/usersystemrole/{name}/1",
        "navn": f"{system} {name}",
        "beskrivelse": f"{name} i {system}",
        "dataafgraensningstyper": [{"kraevet": needed, "dataafgraensningstype": each} for needed, each in uses],
    }


def value(kind: Record, text: str, *, dynamic: bool = False) -> Record:
    return {
        "navn": kind["navn"],
        "vaerdi": text,
        "dynamisk": dynamic,
        "dataafgraensningstypeEntityId": kind["entityId"],
        "dataafgraensningstypeNavn": kind["navn"],
    }


def job_role(
    name: str, cvr: str, parts: Mapping[str, list[Record]], *, domain: str = "solbjerg.example", delegated_to: str = ""
) -> Record:
    """``parts``: uuid of a system role → its values."""
    return {
        "uuid": uuid_of(f"{cvr}/{name}"),
        "navn": name,
        "entityId": f"http://{domain}/roles/jobrole/{name.lower().replace(' ', '_')}/1",
        "beskrivelse": f"Rollen {name}",
        "organisationCvr": cvr,
        "delegeretTilCvr": delegated_to or None,
        "version": 1,
        "brugersystemrolleDataafgraensninger": [
            {"brugersystemrolleUuid": uuid, "dataafgraensningsVaerdier": values} for uuid, values in parts.items()
        ],
    }
