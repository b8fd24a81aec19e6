"""The model: every kind of thing, its properties and its links. One home for every name in the graph.

The graph's labels and relationship types, the facts format, the GraphQL API's readable fields and the migrations
are all made from this list (DESIGN §1, §3). Text in ``doc`` is shown to users.
"""

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "decimal", "yes_no", "date", "texts"]
Access = Literal["open", "private", "cpr"]


@dataclass(frozen=True, slots=True)
class Property:
    """A value that may change over time. ``access`` private = home address, private phone; cpr = CPR number."""

    name: str
    type: Type = "text"
    doc: str = ""
    access: Access = "open"


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship with a period.

    Stated by the kind that it is listed under. ``incoming``: in the graph the arrow points from the other thing to
    this one. ``single``: at most one at a time (the highest source wins, day by day); else all sources' are kept.
    ``outlives``: as told, not cut to the thing's existence: a walk up the organisation goes on through a closed unit
    as long as its own PART_OF holds (nearest.yaml A14).
    """

    name: str
    type: str
    targets: tuple[str, ...]
    single: bool = False
    incoming: bool = False
    outlives: bool = False
    doc: str = ""
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. ``natural``: the property that identifies it to people and other sources."""

    name: str
    doc: str
    properties: tuple[Property, ...]
    links: tuple[Link, ...] = ()
    natural: str | None = None

    @property
    def state(self) -> str:
        """Label of the nodes that hold its values over time."""
        return f"{self.name}State"

    def link(self, name: str) -> Link:
        return next(each for each in self.links if each.name == name)


def _texts(names: str, access: Access = "open") -> tuple[Property, ...]:
    return tuple(Property(name, access=access) for name in names.split())


RESPONSIBLE_FOR = ("KleNode", "ItSystem", "SystemGroup", "Function")

UNIT = Kind(
    "Unit",
    "A node of the organisation tree (enhed, afdeling).",
    (
        Property("name", doc="Name (navn)"),
        Property("short_name", doc="Short name"),
        Property("number", doc="The source's own code, with the institution where codes repeat"),
        Property("level", doc="Level as the source names it"),
        Property("type", doc="Type code"),
        Property("type_name", doc="Type in words"),
        *_texts("street supplement postal_code city country phone payroll_phone email personnel_email"),
        *_texts("ean se_number p_number cvr cost_center"),
        Property("status", doc="The source's own status"),
        Property("tags", "texts", "Tags"),
    ),
    (
        Link("parent", "PART_OF", ("Unit",), single=True, outlives=True, doc="The line organisation"),
        Link(
            "counts_as",
            "COUNTS_AS",
            ("Unit",),
            single=True,
            doc="A payroll unit's place in the line organisation",
        ),
        Link("performs", "PERFORMS", ("KleNode",)),
        Link("responsible_for", "RESPONSIBLE_FOR", ("KleNode",)),
        Link("interested_in", "INTERESTED_IN", ("KleNode",)),
    ),
)
PERSON = Kind(
    "Person",
    "A human being; one node however many employments.",
    (
        Property("name", doc="Whole name"),
        Property("given_name", doc="Given name (fornavn)"),
        Property("surname", doc="Surname (efternavn)"),
        Property("address_protected", "yes_no", "Protected name and address (navne- og adressebeskyttelse)"),
        Property("absent", "yes_no", "Away as a person: touches everything the person holds"),
        Property("dead", "yes_no", "Dead from this day"),
        *_texts("street supplement postal_code city country private_phone private_email", access="private"),
    ),
)
EMPLOYMENT = Kind(
    "Employment",
    "A person's employment in a unit (ansættelse, engagement).",
    (
        Property("number", doc="Employment number (tjenestenummer, medarbejdernummer)"),
        Property("institution", doc="Payroll institution or client that the number belongs to"),
        Property("title", doc="Title as payroll has it, or the person's own"),
        Property(
            "type",
            doc="monthly_full, monthly_part, hourly or unpaid; the source's code where it is none of these",
        ),
        Property("type_name", doc="The type in the source's words"),
        Property("status", doc="The source's own status"),
        Property("on_leave", "yes_no", "On leave (orlov)"),
        Property("fraction", "decimal", "Share of full time, 0 to 1"),
        Property("weekly_hours", "decimal"),
        Property("full_time_hours", "decimal"),
        Property("position_code", doc="Code of the position as payroll has it"),
        Property("manager_flag", "yes_no", "Payroll says: manager of the unit"),
        Property("manager_level"),
        *_texts("phone extension email pay_grade extra_digit workplace_p_number"),
        Property("phone_hidden", "yes_no", "The phone number is not to be shown outside (hemmeligt nummer)"),
        Property("email_hidden", "yes_no", "The e-mail address is not to be shown outside"),
        Property("anniversary", "date"),
        Property("first_entry", "date"),
        Property("entry_into_group", "date"),
        Property("start_assumed", "yes_no", "The start is a guess, because payroll has none"),
        Property("invoice_recipient", "yes_no"),
        Property("invoice_levels", "texts", "Levels of invoice approval, code and words"),
    ),
    (
        Link("person", "HAS", ("Person",), single=True, incoming=True),
        Link("unit", "IN", ("Unit",), single=True, doc="Where the work is"),
        Link("paid_in", "PAID_IN", ("Unit",), single=True, doc="Where payroll has it"),
        Link("position", "AS", ("Position",), single=True),
    ),
)
AFFILIATION = Kind(
    "Affiliation",
    "A person's tie to a unit without payroll (tilknytning): consultant, substitute, student, board member.",
    (
        Property("title"),
        Property("type"),
        Property("supplier"),
        Property("on_leave", "yes_no"),
        Property("phone"),
        Property("email"),
    ),
    (
        Link("person", "HAS", ("Person",), single=True, incoming=True),
        Link("unit", "IN", ("Unit",), single=True),
        Link("sponsor", "SPONSORED_BY", ("Employment",), single=True),
    ),
)
POSITION = Kind(
    "Position",
    "An entry of the position list (stilling, stillingsbetegnelse).",
    (
        Property("code"),
        Property("institution"),
        Property("title"),
        Property("short_title"),
        Property("category", doc="Names of the groups above it, lowest first, joined by ' / '"),
    ),
)
ROLE = Kind(
    "Role",
    "What somebody is: manager, case_worker, administrator …; few and general.",
    (
        Property("key"),
        Property("title"),
        Property("covers_all", "yes_no", "An assignment without responsibilities covers all"),
    ),
    natural="key",
)
ASSIGNMENT = Kind(
    "Assignment",
    "Somebody holds a role, with responsibilities, for a unit (rolletildeling).",
    (
        Property("primary", "yes_no"),
        Property("level"),
        Property("coverage", doc="What part of the organisation it covers, in the source's words"),
        Property("members", "integer", "How many it represents"),
    ),
    (
        Link("holder", "HOLDS", ("Employment", "Affiliation", "Person"), single=True, incoming=True),
        Link("role", "OF", ("Role",), single=True),
        Link("unit", "FOR", ("Unit",), doc="The unit that it counts for; several may hold at a time"),
        Link("responsibilities", "ABOUT", RESPONSIBLE_FOR),
    ),
)
SUBSTITUTION = Kind(
    "Substitution",
    "Who stands in for an assignment's holder (stedfortræder).",
    (Property("rank", "integer", "Lowest first"),),
    (
        Link("person", "STANDS_IN", ("Person",), single=True, incoming=True),
        Link("assignment", "SUBSTITUTES", ("Assignment",), single=True),
        Link("scope_units", "SCOPE_UNIT", ("Unit",), doc="Only for these units and what lies below"),
        Link("scope_responsibilities", "SCOPE_ABOUT", RESPONSIBLE_FOR, doc="Only for these responsibilities"),
    ),
)
KLE_NODE = Kind(
    "KleNode",
    "Main group, group, subject or facet of KLE.",
    (Property("number"), Property("title")),
    (Link("parent", "WITHIN", ("KleNode",), single=True),),
    natural="number",
)
FUNCTION = Kind(
    "Function",
    "A function that one can be responsible for, such as payroll reporting.",
    (Property("key"), Property("title")),
    natural="key",
)
SYSTEM_GROUP = Kind(
    "SystemGroup",
    "A group of IT systems.",
    (Property("key"), Property("title")),
    (Link("groups", "MEMBER_OF", ("SystemGroup",)),),
    natural="key",
)
IT_SYSTEM = Kind(
    "ItSystem",
    "An IT system.",
    (Property("key"), Property("title")),
    (Link("groups", "MEMBER_OF", ("SystemGroup",)),),
    natural="key",
)
ACCOUNT = Kind(
    "Account",
    "A login in a directory or system (it-konto).",
    (Property("login"), Property("employment_number")),
    (
        Link("owner", "OWNS", ("Person",), single=True, incoming=True),
        Link("system", "AT", ("ItSystem",), single=True),
    ),
)

# In the order in which they are written: what is pointed to comes before what points.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        KLE_NODE, FUNCTION, SYSTEM_GROUP, IT_SYSTEM, ROLE, POSITION, UNIT, PERSON,
        EMPLOYMENT, AFFILIATION, ACCOUNT, ASSIGNMENT, SUBSTITUTION,
    )
}  # fmt: skip

# A responsibility is written kind:key (nearest.yaml): which kind stands behind each prefix.
RESPONSIBILITY_PREFIXES = {
    "kle": "KleNode",
    "system": "ItSystem",
    "group": "SystemGroup",
    "function": "Function",
}
