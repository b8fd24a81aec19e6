"""The API's enums have every word that the graph can have."""

from datetime import date
from typing import get_args

from api.access.roles import ROLES
from api.computed.account_plan import AccountReason
from api.computed.ended_kle import KleProposal
from api.computed.kle_changes import KleChangeType
from api.computed.rights import OmittedReason
from api.computed.rights_review import FindingType
from api.computed.sources import SourceState
from api.computed.why_not import WhyNotStep
from api.enums import (
    OF_WORDS,
    WORD_SETS,
    CaseAction,
    InboxPart,
    Kind,
    LedgerState,
    Operation,
    Severity,
    TokenRole,
    enumerated,
    in_cypher,
)
from api.mutations.planned import completed, mutations
from api.mutations.property_values import parsed
from api.previews import ConsequenceType
from exporters.ledger import State as FileState
from exporters.objects.ledger import ObjectState
from graph import change_log
from graph.model import KINDS
from graph.model.accounts import RULE_EFFECTS
from graph.model.kind import name_of
from graph.questions import kle_changes, kle_endings
from graph.questions.preview import standing
from graph.questions.rights import held, review, why_not
from graph.statements.statement import Problem
from processes.cases import case_log, inbox
from reconnect import job_states
from rules.accounts.explaining import _EXCEPTED, _ORDER


def words(enum: type) -> set[str]:
    return {each.value for each in enum}  # type: ignore[attr-defined]


def test_each_has_what_its_part_of_the_program_writes() -> None:
    assert words(Kind) == set(KINDS)
    assert words(Operation) == set(get_args(change_log.Operation))
    assert words(CaseAction) == set(get_args(case_log.Action))
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
    assert words(ConsequenceType) == set(standing.WHAT)
    assert words(OF_WORDS["ConstraintContent"]) == set(get_args(held.Content))
    assert words(OF_WORDS["ConstraintForm"]) == set(get_args(held.Form))
    assert words(AccountReason) >= {*_EXCEPTED.values(), *_ORDER}


def test_a_name_is_the_word_in_capitals_and_a_kind_is_the_name_of_its_type() -> None:
    made = enumerated("Made", "Made", {"takes effect": "x"})
    assert [each.name for each in made] == ["TAKES_EFFECT"] == [name_of("takes effect")]
    assert in_cypher("n.state") == "toUpper(replace(n.state, ' ', '_'))"
    assert {each.name for each in Kind} == set(KINDS)


def test_each_closed_set_of_the_model_is_an_enum_of_its_own() -> None:
    """Two sets of one name would be one enum, with the words of one of them."""
    sets = [
        each.one_of
        for kind in KINDS.values()
        for of in (kind.properties, *(link.properties for link in kind.links))
        for each in of
        if each.one_of is not None
    ]
    assert {each.name: words(OF_WORDS[each.name]) for each in sets} == {each.name: set(each) for each in sets}
    assert all(WORD_SETS[each.name] is each for each in sets)


def test_a_word_may_be_written_as_its_name() -> None:
    assert [RULE_EFFECTS.word_of(each) for each in ("GIVE", "give", "Give")] == ["give", "give", "Give"]
    assert parsed("AccountRule", "effect", "WITHHOLD") == parsed("AccountRule", "effect", "withhold") == "withhold"
    field = mutations()["createRightsConflict"]
    given = completed(field, {"mode": "approve", "scope": "OVERLAP", "title": "person"}, "x", date(2026, 1, 1))
    assert (given["mode"], given["scope"], given["title"]) == ("APPROVE", "OVERLAP", "person")
    odd = completed(field, {"mode": ["approve"], "scope": 1, "unknown": {}}, "x", date(2026, 1, 1))
    assert (odd["mode"], odd["scope"], odd["unknown"]) == (["approve"], 1, {})
