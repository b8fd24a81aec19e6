"""The API's enums have every word that the graph can have."""

from typing import get_args

from api.access.roles import ROLES
from api.computed.ended_kle import KleProposal
from api.computed.kle_changes import KleChangeType
from api.computed.rights import OmittedReason
from api.computed.rights_review import FindingType
from api.computed.sources import SourceState
from api.computed.why_not import WhyNotStep
from api.enums import (
    CaseAction,
    InboxPart,
    Kind,
    LedgerState,
    Operation,
    Severity,
    TokenRole,
    enumerated,
    in_cypher,
    name_of,
)
from exporters.ledger import State as FileState
from exporters.objects.ledger import ObjectState
from graph import change_log
from graph.model import KINDS
from graph.questions import kle_changes, kle_endings
from graph.questions.rights import held, review, why_not
from graph.statements.statement import Problem
from processes.cases import inbox, kept
from reconnect.work import job_states


def words(enum: type) -> set[str]:
    return {each.value for each in enum}  # type: ignore[attr-defined]


def test_each_has_what_its_part_of_the_program_writes() -> None:
    assert words(Kind) == set(KINDS)
    assert words(Operation) == set(get_args(change_log.Operation))
    assert words(CaseAction) == set(get_args(kept.Action))
    assert words(InboxPart) == set(inbox.PARTS)
    assert words(LedgerState) == set(get_args(FileState)) | set(get_args(ObjectState))
    assert words(TokenRole) == set(ROLES)
    assert words(Severity) == set(get_args(Problem.__annotations__["severity"]))
    assert words(SourceState) == {*get_args(job_states.State), "never"}
    assert words(KleChangeType) == set(get_args(kle_changes.What))
    assert words(OmittedReason) == set(get_args(held.OmittedBecause))
    assert words(FindingType) == set(get_args(review.Finding))
    assert words(WhyNotStep) == set(get_args(why_not.Step))
    assert words(KleProposal) == set(get_args(kle_endings.How))


def test_a_name_is_the_word_in_capitals_and_a_kind_is_the_name_of_its_type() -> None:
    made = enumerated("Made", "Made", {"takes effect": "x"})
    assert [each.name for each in made] == ["TAKES_EFFECT"] == [name_of("takes effect")]
    assert in_cypher("n.state") == "toUpper(replace(n.state, ' ', '_'))"
    assert {each.name for each in Kind} == set(KINDS)
