"""What of the model tells who a person is."""

import pytest

from graph.model import KINDS
from graph.writing.protection import is_protected

TELLS_NOTHING = {
    "Employment": {
        "number", "institution", "title", "type", "type_name", "status", "position_code", "stk", "manager_level",
        "workplace_p_number", "invoice_levels", "school_roles", "occupation",
    },
    "Affiliation": {"title", "type", "supplier", "school_roles", "occupation"},
    "Account": {"employment_number", "institution_numbers"},
    "RightsRequest": {"approved_content", "state"},
    "Attestation": {"state", "round"},
    "PlannedAccount": {"licence", "type"},
    "AccountException": {"effect"},
    "AccountRequest": {"state", "type"},
    "ManualStep": {"key", "action", "state", "limits", "compared"},
}  # fmt: skip
"""Of each kind that belongs to a person: open texts that many people share, or that no one outside of payroll knows."""


@pytest.mark.whole
def test_of_every_text_that_stands_on_a_persons_things_it_is_decided_whether_it_identifies() -> None:
    """A new property fails here until somebody has decided."""
    for kind in KINDS.values():
        if kind.name != "Person" and not any(link.owner for link in kind.links):
            assert not any(each.identifies for each in kind.properties)
            continue
        texts = {each.name for each in kind.properties if each.type in ("text", "texts") and each.access == "open"}
        identifying = {each.name for each in kind.properties if each.identifies}
        assert texts - identifying == TELLS_NOTHING.get(kind.name, set()), kind.name


def test_whose_a_thing_is_follows_from_the_model() -> None:
    assert is_protected(KINDS["Person"]) == "EXISTS { (n)-[:STATE]->({address_protected: true}) }"
    assert is_protected(KINDS["Account"]) == (
        "EXISTS { (n)<-[:OWNS]-(:Person)-[:STATE]->({address_protected: true}) } OR "
        "EXISTS { (n)-[:USED_FOR]->(:Employment)<-[:HAS]-(:Person)-[:STATE]->({address_protected: true}) }"
    )
    assert is_protected(KINDS["Person"], state=True) == (
        "EXISTS { (n)<-[:STATE]-(of:Person) WHERE EXISTS { (of)-[:STATE]->({address_protected: true}) } }"
    )
    assert is_protected(KINDS["Unit"]) == "false"
