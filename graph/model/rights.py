"""The kinds of rights: what may be done in an IT system, and who is granted it (architecture.md §4 "Grants")."""

from graph.model.kind import Kind, Link, Property, WordSet
from graph.model.organisation import RESPONSIBLE_FOR

RIGHTS = ("SystemRole", "JobFunctionRole")
HOLDERS = ("Employment", "Affiliation", "Person")
OWN_SYSTEM = "reconnect"
"""Key of REConnect itself as an IT system."""
OWN_ROLE_URI = "urn:reconnect:role:"
"""Before the name of one of its system roles."""
GRANTEES = ("Role", "Position", "PositionCategory", "Unit", "Employment", "Affiliation", "Person")

CONTENTS = WordSet(
    "ConstraintContent",
    "What the values of a constraint type are",
    {
        "kle": "KLE numbers",
        "unit": "Units",
        "sensitivity": "Levels of sensitive data (følsomhed)",
        "itsystem": "IT systems",
        "payout": "Units that pay out (ydelsesenheder)",
        "text": "Free text",
        "other": "Something else: values of a list, or of a pattern",
    },
)
FORMS = WordSet(
    "ConstraintForm",
    "How many values a constraint type takes; FK-adm's words",
    {"single": "One value", "multi": "Any number of values", "text": "One text"},
)

CONSTRAINT_TYPE = Kind(
    "ConstraintType",
    "A dimension that limits a right to a part of the data (dataafgrænsningstype).",
    (
        Property("key"),
        Property("title"),
        Property("uri", doc="URI, as systems know it; compared exactly"),
        Property("content", doc="What its values are", one_of=CONTENTS),
        Property("form", doc="How many values it takes", one_of=FORMS),
        Property("pattern", doc="A regular expression that each value must match as a whole"),
        Property("values", "texts", "The values that are allowed, each as value=title; empty: any"),
        Property("levels", "texts", "Ordered levels, the lowest first, each as LABEL=value"),
        Property("cumulative", "yes_no", "A level stands for all below it, which are sent with it"),
        Property("common", "yes_no", "Shared by all systems; otherwise one vendor's own"),
    ),
    (Link("system", "AT", ("ItSystem",), single=True, doc="The system of a vendor's own type"),),
    natural="key",
)
SYSTEM_ROLE = Kind(
    "SystemRole",
    "One right in one IT system (brugersystemrolle), as the system's vendor defines it.",
    (
        Property("key"),
        Property("title"),
        Property("uri", doc="URI, by which the system knows it; compared exactly"),
        Property("description", doc="What it permits"),
        Property("sensitive", "yes_no", "Granting it needs another person's approval"),
    ),
    (
        Link("system", "AT", ("ItSystem",), single=True),
        Link(
            "required_types",
            "REQUIRES",
            ("ConstraintType",),
            narrows=True,
            doc="It can't be held without a limit of these types",
        ),
        Link("optional_types", "MAY_LIMIT", ("ConstraintType",), narrows=True, doc="It may be limited by these types"),
    ),
    natural="key",
)
JOB_FUNCTION_ROLE = Kind(
    "JobFunctionRole",
    "The municipality's bundle of system roles, with the limits of each (jobfunktionsrolle).",
    (
        Property("key"),
        Property("title"),
        Property("uri", doc="URI, by which KOMBIT knows it; fixed when it is made, whatever the title becomes"),
        Property("description", doc="What it is for; at most 200 characters, where KOMBIT is to have it"),
        Property("number", "integer", "For callers that know roles by number only"),
        Property("delegated_from_cvr", doc="CVR number of the authority that lets our staff hold its role"),
        Property("delegated_to_cvr", doc="CVR number of the authority whose staff may hold it"),
        Property("at_kombit", "yes_no", "FK-adm, KOMBIT's administration, had it when it was last read"),
        Property(
            "content_at_kombit",
            "texts",
            "What FK-adm had in it: system roles, and limits as = values or @ parameter, by their URIs",
            own=True,
        ),
        Property("sensitive", "yes_no", "Granting it needs another person's approval"),
    ),
    (Link("includes", "INCLUDES", RIGHTS, doc="System roles, and job-function roles with all that they include"),),
    natural="key",
)
GRANT = Kind(
    "Grant",
    "A rule that gives a right to those whom it names, for as long as it exists (tildeling).",
    (
        Property("key"),
        Property("title"),
        Property("reason", doc="Why it is granted"),
        Property("case_number", doc="The case in which it was decided"),
        Property("inherit", "yes_no", "Units include the units below them"),
        Property("condition", doc="A condition in CEL that must be met, such as employment.type == 'monthly_full'"),
        Property("sensitivity", doc="The highest level of sensitive data that it gives (følsomhed)"),
        Property("own_kle_only", "yes_no", "Only the unit's own KLE counts, not what units above pass down"),
        Property("approved_on", "date", "The day of the approval; another day is another approval"),
        Property("approved_content", doc="What was approved, as it was then", own=True),
    ),
    (
        Link("gives", "GIVES", RIGHTS, single=True, doc="The right"),
        Link("given_to", "GIVEN_TO", GRANTEES, doc="Persons who are, have, or work in one of these"),
        Link(
            "exceptions",
            "EXCEPTED",
            GRANTEES,
            narrows=True,
            doc="Except persons who are, have, or work in one of these",
        ),
        Link(
            "responsibilities",
            "ABOUT",
            RESPONSIBLE_FOR,
            narrows=True,
            doc="Only holders of a role who are responsible for one of these",
        ),
        Link("within_units", "ONLY_IN", ("Unit",), narrows=True, doc="Only for these units"),
        Link(
            "for_unit",
            "FOR",
            ("Unit",),
            single=True,
            narrows=True,
            doc="The unit that limits count from, instead of one's own",
        ),
        Link(
            "approved_by",
            "APPROVED_BY",
            ("Person",),
            single=True,
            doc="The person who approved it, if it needs approval",
        ),
    ),
    natural="key",
)
CONSTRAINT_SETTING = Kind(
    "ConstraintSetting",
    "What one constraint type is limited to, in a system role of a job-function role or with a grant.",
    (
        Property("fixed", "texts", "Values that are the same for all its holders"),
        Property("derived", doc="How values follow from the organisation: kle_performs, unit_and_below …"),
        Property("parameter", doc="URI of the parameter at KOMBIT; made once, never changed and never used again"),
        Property("unlimited", "yes_no", "An optional type that is left open on purpose; it counts once it is approved"),
        Property("below", "yes_no", "The selected units include the units below them"),
        Property("approved_on", "date", "The day of the approval; another day is another approval"),
        Property("approved_content", doc="What was approved, as it was then", own=True),
    ),
    (
        Link(
            "of",
            "SETS",
            ("JobFunctionRole", "Grant"),
            single=True,
            narrows=True,
            doc="The grant or job-function role that it belongs to",
        ),
        Link(
            "system_role",
            "WITHIN_ROLE",
            ("SystemRole",),
            single=True,
            narrows=True,
            doc="Only in this one of its system roles",
        ),
        Link("type", "LIMITS", ("ConstraintType",), single=True, narrows=True, doc="What it limits"),
        Link("units", "SELECTS", ("Unit",), doc="The selected units, of selected_units"),
        Link("excluded_units", "LEAVES_OUT", ("Unit",), narrows=True, doc="Units that it never gives"),
        Link(
            "approved_by", "APPROVED_BY", ("Person",), single=True, doc="The person who approved that it is unlimited"
        ),
    ),
)

# -- care of rights: conflicts, requests, attestations, steps by hand -------------------------------------------------

CONFLICT_MODES = WordSet(
    "ConflictMode",
    "What becomes of two rights in conflict that one person comes to hold",
    {"refuse": "Both are left out", "approve": "Both are left out, unless an approved exception allows both"},
)
CONFLICT_SCOPES = WordSet(
    "ConflictScope",
    "Where two rights are in conflict",
    {"person": "No person may hold both", "overlap": "No person may hold both with limits that overlap"},
)
REQUEST_STATES = WordSet(
    "RequestStatus",
    "The state of a request for a right",
    {
        "waiting": "It waits for a decision",
        "approved": "It is approved",
        "refused": "It is refused",
        "withdrawn": "The requester withdrew it",
        "ended": "What it gave has been ended",
    },
)
WAITING, APPROVED, REFUSED, WITHDRAWN, ENDED = REQUEST_STATES
ATTESTATION_STATES = WordSet(
    "AttestationStatus",
    "The state of an attestation",
    {
        "open": "It waits for an answer",
        "kept": "The right is still needed",
        "removed": "The right was no longer needed",
    },
)
OPEN, KEPT, REMOVED = ATTESTATION_STATES
STEP_ACTIONS = WordSet(
    "StepAction",
    "What is to be done by hand",
    {
        "add": "Give the right in the system",
        "change": "Change the limits of the right",
        "remove": "Take the right away",
    },
)
ADD, CHANGE, REMOVE = STEP_ACTIONS
STEP_STATES = WordSet(
    "StepStatus",
    "The state of a step by hand",
    {"open": "It is to be done", "done": "It is done", "dropped": "It was no longer needed"},
)
STEP_OPEN, STEP_DONE, STEP_DROPPED = STEP_STATES

RIGHTS_CONFLICT = Kind(
    "RightsConflict",
    "Two rights that must not be held together (funktionsadskillelse).",
    (
        Property("key"),
        Property("title"),
        Property("mode", doc="What becomes of both where one person comes to hold them", one_of=CONFLICT_MODES),
        Property("scope", doc="Where they must not be held together", one_of=CONFLICT_SCOPES),
        Property("reason", doc="Why they must not be held together"),
    ),
    (
        Link("first", "FIRST_OF_TWO", RIGHTS, single=True, narrows=True, doc="One of the two rights"),
        Link("second", "SECOND_OF_TWO", RIGHTS, single=True, narrows=True, doc="The other right"),
    ),
    natural="key",
)
RIGHTS_REQUEST = Kind(
    "RightsRequest",
    "A request for a right, or for an exception to a conflict of rights, and its decision (anmodning).",
    (
        Property("state", doc="How far it has come", one_of=REQUEST_STATES),
        Property("wanted_from", "date", "The first day on which it is wanted"),
        Property("reason", doc="Why it is asked for", identifies=True),
        Property("decided_on", "date", "The day of the decision"),
        Property("decided_because", doc="Why it was decided so", identifies=True),
        Property("approved_content", doc="What was approved, as it was then", own=True),
    ),
    (
        Link("gives", "GIVES", RIGHTS, single=True, doc="The right that is asked for"),
        Link(
            "given_to",
            "GIVEN_TO",
            HOLDERS,
            single=True,
            owner=True,
            doc="The person, employment or affiliation that it is for",
        ),
        Link("exception_to", "EXCEPTED_FROM", ("RightsConflict",), single=True, doc="The conflict that it permits"),
        Link("requested_by", "REQUESTED_BY", ("Person",), single=True, doc="The person who asks for it"),
        Link("decided_by", "DECIDED_BY", ("Person",), single=True, doc="The person who decided"),
    ),
)
ATTESTATION = Kind(
    "Attestation",
    "The question whether a right is still needed, due on a day, and its answer (attestering).",
    (
        Property("round", doc="The round that it belongs to"),
        Property("state", doc="How it was answered", one_of=ATTESTATION_STATES),
        Property("due", "date", "The day by which it is to be answered"),
        Property("decided_on", "date", "The day of the decision"),
        Property("comment", doc="What the person who decided had to add", identifies=True),
    ),
    (
        Link("grant", "ATTESTS", ("Grant",), single=True, doc="The grant that gives the right"),
        Link("request", "ATTESTS_REQUEST", ("RightsRequest",), single=True, doc="The request that gives the right"),
        Link("person", "OF_PERSON", ("Person",), single=True, owner=True, doc="The holder, where it is about one"),
        Link("decided_by", "DECIDED_BY", ("Person",), single=True, doc="The person who decided"),
    ),
)
MANUAL_STEP = Kind(
    "ManualStep",
    "What a person must do by hand in a system that no target reaches, and when it was done.",
    (
        Property("key", doc="Person, system role and number", own=True),
        Property("step", "integer", "Its number among the steps of this person and system role"),
        Property("action", doc="What is to be done", one_of=STEP_ACTIONS),
        Property("state", doc="Whether it is done", one_of=STEP_STATES),
        Property("limits", "texts", "What the right is limited to, a line for each way in which it is held"),
        Property("compared", "texts", "The limits, as the system compares with them", own=True),
        Property("done_on", "date", "The day on which it was done"),
        Property("comment", doc="What the person who did it had to add", identifies=True),
    ),
    (
        Link("person", "OF_PERSON", ("Person",), single=True, owner=True, doc="The person who has the right"),
        Link("system_role", "STEP_FOR", ("SystemRole",), single=True, doc="The right in the system"),
        Link("system", "AT", ("ItSystem",), single=True, doc="The system in which it is to be done"),
        Link("done_by", "DONE_BY", ("Person",), single=True, doc="The person who did it"),
    ),
    natural="key",
)

KIND_PREFIXES = {
    "system_role": "SystemRole",
    "job_function_role": "JobFunctionRole",
    "grant": "Grant",
    "role": "Role",
    "position": "Position",
    "category": "PositionCategory",
    "unit": "Unit",
    "employment": "Employment",
    "affiliation": "Affiliation",
    "person": "Person",
}
"""What people write before the key where a link may lead to several kinds: unit:jobcenter, role:case_worker."""


def prefixed(link: Link, text: str) -> tuple[str, str]:
    """``unit:jobcenter`` → (Unit, jobcenter). Raises ValueError for what the link can't lead to."""
    prefix, _, name = text.partition(":")
    allowed = {each: kind for each, kind in KIND_PREFIXES.items() if kind in link.targets}
    if prefix not in allowed or not name.strip():
        raise ValueError(f"{text!r}: write it as {', '.join(f'{each}:…' for each in allowed)}")
    return allowed[prefix], name
