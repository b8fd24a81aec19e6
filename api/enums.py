"""The enums of the API that are made from the graph's words.

A value's name is the graph's word in capitals (``takes effect`` → ``TAKES_EFFECT``); its value is the word itself. Two
are spelt otherwise: ``Kind`` (``Unit``, the name of its type), and the reasons for which there is no nearest holder, as
tests/acceptance/nearest.yaml has them (``no_holder``).
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from api.access.roles import ROLES
from graph.model import KINDS
from graph.model.kind import WordSet, name_of


def enumerated(name: str, doc: str, words: Mapping[str, str], named: Callable[[str], str] | None = None) -> type[Enum]:
    """``words``: each word of the graph, with its description. ``named``: their names; by default ``name_of``."""
    values = {(named or name_of)(word): strawberry.enum_value(word, description=text) for word, text in words.items()}
    functional: Any = Enum  # mypy knows it as a class to be subclassed only
    made: type[Enum] = strawberry.enum(functional(name, values), name=name, description=doc)
    return made


def in_cypher(word: str) -> str:
    """As ``name_of``, of a Cypher expression."""
    return f"toUpper(replace({word}, ' ', '_'))"


if TYPE_CHECKING:

    class Kind(Enum):
        """A kind of thing, made from the model. ``value``: its name there."""

        value: str

else:
    Kind = strawberry.enum(
        Enum("Kind", {each.name: strawberry.enum_value(each.name, description=each.doc) for each in KINDS.values()}),
        name="Kind",
        description="A kind of thing: the name of its type",
    )

Operation = enumerated(
    "Operation",
    "What a change did to a thing",
    {
        "created": "It was created",
        "changed": "A value or a link was changed",
        "moved": "It was moved to another place in the organisation",
        "ended": "Its end was set",
        "withdrawn": "No source claims it any more",
        "joined": "Two persons were joined into one",
        "split": "A person was split into two",
        "erased": "It was erased (GDPR article 17)",
        "marked different": "Persons were marked as different",
        "unmarked different": "That mark was removed",
        "begins": "It begins to exist on this day",
        "ends": "It no longer exists from this day on",
        "takes effect": "A change that was planned for this day takes effect",
    },
)
RunType = enumerated(
    "RunType",
    "What a run does",
    {
        "import": "It reads from a source",
        "export": "It delivers to a target",
        "accounts": "It plans accounts by the rules",
        "closing": "It closes accounts at a target at once, beside its exports",
    },
)
RunState = enumerated(
    "RunState",
    "The state of a run",
    {
        "running": "It is running",
        "done": "It has ended well",
        "stopped": "A brake stopped it before it changed anything",
        "failed": "It failed",
        "killed": "It ended without a report",
    },
)
BrakeState = enumerated(
    "BrakeState",
    "The state of a stopped difference",
    {
        "waiting": "It waits for approval",
        "approved": "It is approved: the next run applies it",
        "used": "A run has applied it",
    },
)
PlanState = enumerated(
    "PlanState",
    "How far a plan has come",
    {
        "draft": "It is being written, and waits for approval",
        "approved": "It is approved, and is applied on its day",
        "failed": "It was approved, and no longer fitted when it was to be applied; nothing of it was done",
        "applied": "Its changes are made",
        "withdrawn": "It will not be applied",
        "taken_back": "Its changes were made, and are undone but for what stays",
    },
)
TaskState = enumerated(
    "TaskState",
    "The state of a task",
    {
        "open": "It waits to be done",
        "done": "It is completed",
        "cancelled": "Its case no longer needs it",
    },
)
AttachmentState = enumerated(
    "AttachmentState",
    "What the virus scanner found in a file",
    {
        "waiting": "It has not answered yet: the file can't be fetched, and its task can't be completed",
        "clean": "It has found nothing",
        "refused": "It found something; the file is deleted",
        "not_scanned": "This installation takes files without a virus scanner",
    },
)
TaskHow = enumerated(
    "TaskHow",
    "Why a person has a task",
    {
        "holder": "Holds the role nearest to the task's unit",
        "substitute": "Stands in for the holder, who is away",
        "delegate": "The task was delegated or handed to them",
        "escalated": "Holds the role at a level above, as the task is late",
        "fallback": "No other holder was found",
    },
)
TemplateKind = enumerated(
    "TemplateKind",
    "What becomes of a text",
    {
        "mail": "A mail to people's work addresses",
        "letter": "A document that is kept with the case",
    },
)
InboxPart = enumerated(
    "InboxPart",
    "A part of an inbox",
    {
        "mine": "The caller's own tasks",
        "standing_in": "Tasks that the caller does for others, as substitute or delegate",
        "asked": "Tasks of others with a question for the caller",
        "units": "Tasks of others in the units that the caller manages, and below",
        "started": "Tasks of the cases that the caller started",
    },
)
TaskOrder = enumerated(
    "TaskOrder",
    "The order of tasks",
    {
        "urgent": "Those that were escalated most, then those that have waited longest",
        "newest": "The newest first",
    },
)
TaskAction = enumerated(
    "TaskAction",
    "What the caller may do with a task",
    {
        "claim": "Take it on",
        "give_back": "Give it back to all who have it",
        "hand": "Hand it to a colleague",
        "ask": "Ask a person who took part in its case for more",
        "answer": "Answer its question",
        "complete": "Complete it",
    },
)
CaseState = enumerated(
    "CaseState",
    "The state of a case",
    {
        "running": "It is running, or waits for a person or a day",
        "stuck": "A step failed; a person must look at it",
        "ended": "It has come to its end",
        "stopped": "A person has ended it before that",
    },
)
CaseAction = enumerated(
    "CaseAction",
    "What was done with a case",
    {
        "started": "It was started",
        "claimed": "A person took on a task",
        "lapsed": "A claim ended, since its claimer no longer had the task",
        "given_back": "A task was given back",
        "handed": "A task was handed to a colleague",
        "completed": "A task was completed",
        "escalated": "A task was late, and went to the next level, too",
        "cancelled": "A task was no longer needed",
        "ended": "It came to its end",
        "served": "It did something by itself",
        "failed": "An automatic step failed for the last time",
        "retried": "A step that could not be made was to be made again",
        "skipped": "It went on without an automatic step",
        "moved": "It was moved to another version of its process",
        "asked": "A person who took part in it was asked for more",
        "answered": "The question was answered",
        "repaired": "Variables of it were set at a step that could not be made, which was to be made again",
        "stopped": "It was ended by a person who looks after processes",
        "withdrawn": "It was ended by the person who started it",
        "delivered": "It got a message that it waited for",
    },
)
Severity = enumerated(
    "Severity",
    "How bad a problem is",
    {"bad": "The record was rejected", "notice": "The record was accepted, in doubt"},
)
LedgerState = enumerated(
    "LedgerState",
    "The state of an object at a target",
    {
        "pending": "It is about to be sent",
        "delivered": "The target has it",
        "failed": "Its delivery failed and is tried again",
        "closed": "It is disabled at the target, or has left what is delivered",
        "deleted": "It is deleted at the target",
        "parked": "It could not be delivered; the reason is shown",
    },
)
TokenRole = enumerated(
    "TokenRole",
    "A system role of a token of this API",
    {
        "reader": "Reads the organisation",
        "hr": "Maintains persons and their employments",
        "organisation": "Maintains units and who does what in them",
        "rights": "Maintains roles and assignments",
        "operations": "Approves stopped runs and settles doubtful records",
        "auditor": "Reads everything but CPR numbers, and changes nothing",
        "cpr": "Reads CPR numbers; each access to one is logged",
    },
)
assert tuple(each.value for each in TokenRole) == ROLES

WORD_SETS: Mapping[str, WordSet] = {
    each.one_of.name: each.one_of
    for kind in KINDS.values()
    for each in (*kind.properties, *(prop for link in kind.links for prop in link.properties))
    if each.one_of is not None
}
"""The closed sets of words that properties are of, by the names of their enums."""
OF_WORDS: Mapping[str, type[Enum]] = {name: enumerated(name, each.doc, each.words) for name, each in WORD_SETS.items()}
"""The enum of each."""


if TYPE_CHECKING:

    class Word(Enum):
        """A word of a closed set of the model. ``value``: the word itself."""

        value: str

    AccountPer = Word
    ConflictMode = Word
    ConflictScope = Word
    ConstraintContent = Word
    ConstraintForm = Word
    ExceptionEffect = Word
    RuleEffect = Word
else:
    AccountPer = OF_WORDS["AccountPer"]
    ConflictMode = OF_WORDS["ConflictMode"]
    ConflictScope = OF_WORDS["ConflictScope"]
    ConstraintContent = OF_WORDS["ConstraintContent"]
    ConstraintForm = OF_WORDS["ConstraintForm"]
    ExceptionEffect = OF_WORDS["ExceptionEffect"]
    RuleEffect = OF_WORDS["RuleEffect"]


STORED_ENUMS: tuple[type[Enum], ...] = (
    *OF_WORDS.values(), Kind, Operation, RunType, RunState, BrakeState, PlanState, TaskState, TaskHow, InboxPart,
    AttachmentState, TemplateKind, TaskOrder, TaskAction, CaseState, CaseAction, Severity, LedgerState, TokenRole,
)  # fmt: skip
