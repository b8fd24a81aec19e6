"""What service providers get of a person. Numbers: docs/formats/saml.md §6."""

import neo4j
import pytest
from pydantic import ValidationError

from graph.change_log import Origin
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from idp.attributes import attributes_of, facts_of
from idp.local_account import account_of
from idp.saml.names import ASSURANCE_LEVEL, PRIVILEGES
from idp.settings import AttributeSettings, ServiceProviderSettings
from tests.idp.staff import RING, RULES, SYSTEM, in_days, state_account

CPR = "0101901234"


def test_pitfall_66_a_cpr_number_only_by_consent(clean_graph: neo4j.Driver) -> None:
    """Settings refuse it, and without consent it is not even read, however the expression is written."""
    uuid = state_account(clean_graph, "anje")
    person = Statement("Person", "anje", values={"given_name": (DatedValue(Period(), "Anje"),)}, cpr=CPR)
    GraphWriter(clean_graph, RING).state(RULES, [person], Origin(RULES))
    with clean_graph.session() as session:
        account = session.execute_read(account_of, SYSTEM, uuid, in_days(0))
        assert account is not None
        with_consent = session.execute_read(facts_of, account.uuid, account.person, in_days(0), RING)
        without = session.execute_read(facts_of, account.uuid, account.person, in_days(0), None)
    assert with_consent is not None and without is not None
    wanted = {"a": "person.cpr", "b": "[person.cpr]", "c": "person.given_name"}
    assert attributes_of(wanted, with_consent) == {"a": [CPR], "b": [CPR], "c": ["Anje"]}
    assert attributes_of(wanted, without) == {"a": [], "b": [], "c": ["Anje"]}
    assert CPR not in str(without)
    with pytest.raises(ValidationError, match=r"set cpr = true"):
        ServiceProviderSettings(metadata_file="sp.xml", attributes={"a": "person.cpr"})  # type: ignore[arg-type]


def test_pitfall_29_an_assurance_level_follows_from_the_login() -> None:
    """Never from a constant; and at ADFS, where others log in, it isn't known (kombit_access.md §5.3)."""
    for text in ("'3'", "login.two_factors ? '4' : '3'", "login.assurance_level"):
        with pytest.raises(ValidationError, match=r"follows from how a person has logged in|allowed|unknown"):
            AttributeSettings(attributes={ASSURANCE_LEVEL: text})
    with pytest.raises(ValidationError, match=r"which only ADFS knows"):
        AttributeSettings(attributes={ASSURANCE_LEVEL: "'3'"})
    for text in ("'3'", "login.two_factors ? '4' : '3'"):
        with pytest.raises(ValidationError, match=r"only login\.assurance_level tells it"):
            ServiceProviderSettings(metadata_file="sp.xml", attributes={ASSURANCE_LEVEL: text})  # type: ignore[arg-type]
    made = ServiceProviderSettings(
        metadata_file="sp.xml",  # type: ignore[arg-type]
        attributes={ASSURANCE_LEVEL: "login.assurance_level", "mfa": "login.two_factors"},
    )
    for two_factors, level in ((False, "2"), (True, "3")):
        facts = {"login": {"assurance_level": level, "two_factors": two_factors}}
        assert attributes_of(made.expressions, facts) == {ASSURANCE_LEVEL: [level], "mfa": [str(two_factors).lower()]}


def test_kombits_name_id_comes_with_the_assurance_level() -> None:
    as_kombit_asks = ServiceProviderSettings(metadata_file="sp.xml", name_id="x509_subject", rights="KOMBIT")  # type: ignore[arg-type]
    assert as_kombit_asks.offered == (ASSURANCE_LEVEL, PRIVILEGES)
    assert ServiceProviderSettings(metadata_file="sp.xml").offered == ()  # type: ignore[arg-type]
