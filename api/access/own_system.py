"""REConnect itself as an IT system: its system roles are in the graph, and are granted like any other.

They may be limited by unit, and to field groups. What a person may do follows from them (``api.access.held``); what a
token may do is on the token (``api.access.tokens``).
"""

import neo4j

from api.access.field_groups import TITLES as GROUPS
from api.access.roles import ROLES
from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.model.rights import OWN_ROLE_URI, OWN_SYSTEM
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period
from graph.writing.graph_writer import GraphWriter, Written

SOURCE = "reconnect"
SYSTEM = OWN_SYSTEM
UNIT = "reconnect_unit"
FIELDS = "reconnect_fields"
_URN = "urn:reconnect"
TITLES = {
    "reader": ("Reader", "Reads the organisation"),
    "hr": ("HR", "Maintains people; reads home addresses and private phone numbers"),
    "organisation": ("Organisation", "Maintains units and who is responsible for what"),
    "rights": ("Rights", "Maintains roles, rights and grants"),
    "operations": ("Operations", "Runs imports and exports, and approves what the brake stopped"),
    "auditor": ("Auditor", "Reads everything but CPR numbers, and changes nothing"),
    "cpr": ("CPR number", "Reads CPR numbers; each reading is logged"),
}
"""Title and description of each system role."""


def key_of(role: str) -> str:
    """The key of one of REConnect's system roles in the graph."""
    return f"{SYSTEM}:{role}"


def statements() -> list[Statement]:
    """The system, its constraint types and its system roles."""

    def always(**values: Value) -> dict[str, tuple[DatedValue, ...]]:
        return {name: (DatedValue(Period(), value),) for name, value in values.items()}

    def link(kind: str, key: str) -> tuple[DatedLink, ...]:
        return (DatedLink(Period(), Ref(kind, key, "natural")),)

    system = Statement("ItSystem", SYSTEM, values=always(key=SYSTEM, title="REConnect", uri=_URN))
    unit = Statement(
        "ConstraintType",
        UNIT,
        values=always(key=UNIT, title="Unit", uri=f"{_URN}:constraint:unit", content="unit", form="multi"),
        links={"system": link("ItSystem", SYSTEM)},
    )
    fields = Statement(
        "ConstraintType",
        FIELDS,
        values=always(
            key=FIELDS,
            title="Field groups",
            uri=f"{_URN}:constraint:fields",
            content="text",
            form="multi",
            values=tuple(f"{group}={title}" for group, title in GROUPS.items()),
        ),
        links={"system": link("ItSystem", SYSTEM)},
    )
    roles = [
        Statement(
            "SystemRole",
            key_of(role),
            values=always(
                key=key_of(role),
                title=TITLES[role][0],
                description=TITLES[role][1],
                uri=f"{OWN_ROLE_URI}{role}",
                sensitive=role != "reader",
            ),
            links={
                "system": link("ItSystem", SYSTEM),
                "optional_types": (*link("ConstraintType", UNIT), *link("ConstraintType", FIELDS)),
            },
        )
        for role in ROLES
    ]
    return [system, unit, fields, *roles]


def state_own_system(driver: neo4j.Driver, keyring: Keyring) -> list[Written]:
    """Write them; existing ones stay. Raises ChangeRejected, Stale."""
    return GraphWriter(driver, keyring).state(SOURCE, statements(), Origin(SOURCE))
