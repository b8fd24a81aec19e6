"""Types of answers that a rule of ``graph`` gives first, and that the read then fills with the fields asked for.

A rule's answer is a map, passed to the statement as a parameter: plain values are taken from it as they are, things of
the graph stand in it by their uuids. The GraphQL schema (``api.schema``) and the compiler are both made from this list.
"""

from dataclasses import dataclass

from api.reads.types import TIES, Scalar
from graph.model import KINDS


@dataclass(frozen=True, slots=True)
class Plain:
    """A value, as the answer has it under ``name``."""

    name: str
    type: Scalar
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the graph whose uuid (``many``: uuids) the answer has. Several ``kinds`` are a union ``union``."""

    name: str
    kinds: tuple[str, ...]
    doc: str = ""
    many: bool = False
    union: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An answer within the answer (``many``: a list of them), of the told type ``to``."""

    name: str
    to: str
    doc: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A type of answers."""

    name: str
    doc: str
    fields: dict[str, Plain | Thing | Part]


def _told(name: str, doc: str, *fields: Plain | Thing | Part) -> AnswerType:
    return AnswerType(name, doc, {each.name: each for each in fields})


_NEAREST = (
    Part("holders", "NearestHolder", "in order", many=True),
    Thing("levelUnit", ("Unit",), "the unit that answered"),
    Plain("steps", "Int", "how many units above the start; 0 = the start itself"),
    Thing("path", ("Unit",), "units walked, start first", many=True),
    Plain("reason", "String", "no_holder or unit_not_active, where nobody answered"),
)
_THINGS = tuple(KINDS)

TOLD: dict[str, AnswerType] = {
    each.name: each
    for each in (
        _told(
            "NearestHolder", "Who answers",
            Thing("person", ("Person",)),
            Thing("assignment", ("Assignment",)),
            Thing("via", ("Substitution",), "the substitution that brought the person in; null = in person"),
        ),
        _told("Nearest", "How the nearest holders were found", *_NEAREST),
        _told(
            "ManagerOfEmployment", "The nearest manager, counted from one employment or affiliation",
            Thing("employment", TIES, union="Tie"),
            *_NEAREST,
        ),
        _told(
            "Saying", "What one source says of one property on a day",
            Plain("source", "String!"),
            Plain("key", "String!", "what the source calls the thing"),
            Plain("value", "String", "as text; several values are joined by ', '"),
            Thing("thing", _THINGS, "what a link points to", union="Thing"),
            Plain("from", "Date", "since when the source says so; 0001-01-01 = always so far"),
            Plain("to", "Date", "the day after the last; null = until further notice"),
            Plain("learnt", "Moment", "when the source told this"),
            Plain("holds", "Boolean!", "it is what holds on the day"),
        ),
        _told(
            "Sayings", "Who says what of one property, link or of the existence (exists) of a thing, highest first",
            Plain("property", "String!"),
            Plain("rule", "String!", "why the one that holds does"),
            Plain("disagree", "Boolean!", "two sources say different things of which one can hold"),
            Part("sayings", "Saying", many=True),
        ),
        _told(
            "Disagreement", "A property of a thing of which sources say different things",
            Thing("thing", _THINGS, union="Thing"),
            Part("said", "Sayings"),
        ),
        _told(
            "Suspicion", "Persons who may be one",
            Thing("persons", ("Person",), many=True),
            Plain("why", "String!"),
        ),
        _told(
            "Apart", "Two persons who only look like one",
            Thing("persons", ("Person",), many=True),
            Plain("user", "String!"),
            Plain("reason", "String!"),
            Plain("at", "Moment"),
        ),
        _told(
            "Unmatched", "A record that waits, or a thing that lacks its person",
            Plain("source", "String!"),
            Plain("kind", "String!"),
            Plain("key", "String!", "what the source calls it"),
            Plain("why", "String!"),
            Thing("thing", _THINGS, "what lacks its person; null = the record waits", union="Thing"),
            Plain("candidates", "[String!]", "uuids of what it may be of"),
            Plain("decide", "String", "id for decideMatch; null = that decides nothing here"),
        ),
        _told(
            "EndedKle", "A node of KLE that has ended, and what uses it on the day asked about",
            Thing("node", ("KleNode",)),
            Plain("number", "String!", "its number; what has ended shows none on other days than today"),
            Plain("title", "String", "its last title"),
            Plain("ended", "Date", "the first day on which it is no longer in force"),
            Plain("how", "String", "ended (udgået), moved (flyttet) or missing from a release"),
            Thing("successors", ("KleNode",), "what KL says took its place", many=True),
            Thing("living", ("KleNode",), "the successors that are in force; chains are followed", many=True),
            Plain("cycle", "Boolean!", "its successors lead in a circle"),
            Plain("proposal", "String!", "successor (the one), choose (of several), ancestor (without one), none"),
            Thing("proposed", ("KleNode",), "what could be used instead", many=True),
            Thing("performedBy", ("Unit",), many=True),
            Thing("responsibleUnits", ("Unit",), many=True),
            Thing("interestedUnits", ("Unit",), many=True),
            Thing("assignments", ("Assignment",), "that are about it", many=True),
            Thing("substitutions", ("Substitution",), "that hold for it only", many=True),
            Plain("roleRules", "[String!]", "names of role rules in the settings that name its number"),
        ),
        _told(
            "KleChange", "What a release of KLE has changed of one of its entries",
            Plain("change", "Int!", "number in the change log"),
            Plain("run", "String", "the import"),
            Thing("thing", _THINGS, union="Thing"),
            Plain("number", "String!"),
            Plain(
                "what",
                "String!",
                "added, renamed, uuid_corrected, end_announced, ended, moved, missing (from a release), back_in_force",
            ),
            Plain("old", "String", "title, UUID, or the day from which it was no longer in force"),
            Plain("new", "String"),
            Thing("successors", _THINGS, "where it was moved", many=True, union="Thing"),
        ),
        _told(
            "SharedKle", "A node of KLE that more than one unit is responsible for",
            Thing("node", ("KleNode",)),
            Thing("units", ("Unit",), many=True),
        ),
        _told(
            "UnmatchedPosition", "A code or title in payroll that the position list does not know",
            Plain("source", "String!"),
            Plain("institution", "String!", "SD's institution, Opus's client"),
            Plain("code", "String!"),
            Plain("title", "String!"),
            Plain("employments", "Int!", "how many have it on the day"),
        ),
        _told(
            "SourceHealth", "How a source is doing",
            Plain("name", "String!"),
            Plain("state", "String!", "done, running, queued, waiting (for approval, another try), failed or never"),
            Plain("text", "String", "what came of the last run"),
            Plain("lastRun", "Moment", "when it last began"),
            Plain("lastSuccess", "Moment", "when it last ended well"),
            Plain("nextRun", "Moment", "by its schedule; null = it has none"),
            Plain("lagSeconds", "Int", "since it last ended well"),
            Plain("silentAfterSeconds", "Int", "how long it may be silent"),
            Plain("silent", "Boolean!", "it has been silent longer than it should"),
            Plain("records", "Int!", "what it has told of"),
            Plain("badRecords", "Int!"),
            Plain("notices", "Int!"),
            Plain("changedAt", "Moment", "when it last changed anything"),
            Part("changed", "ChangeCount", "what it changed then", many=True),
        ),
        _told(
            "ChangeCount", "How many things of a kind a run has created, changed, moved, ended or withdrawn",
            Plain("kind", "String!"),
            Plain("operation", "String!"),
            Plain("count", "Int!"),
        ),
    )
}  # fmt: skip

# Root field → (type of its answers, whether there are several). ``api.computed.answers`` answers them.
RULES: dict[str, tuple[str, bool]] = {
    "nearest": ("Nearest", False),
    "nearestManager": ("ManagerOfEmployment", True),
    "nearestManagers": ("ManagerOfEmployment", True),
    "said": ("Sayings", True),
    "disagreements": ("Disagreement", True),
    "unmatchedPositions": ("UnmatchedPosition", True),
    "suspicions": ("Suspicion", True),
    "toldApart": ("Apart", True),
    "unmatched": ("Unmatched", True),
    "sources": ("SourceHealth", True),
    "endedKle": ("EndedKle", True),
    "kleChanges": ("KleChange", True),
    "sharedKle": ("SharedKle", True),
}
