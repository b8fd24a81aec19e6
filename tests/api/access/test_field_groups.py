"""A role or token that is limited to field groups: what lies in other groups is told by no field, list, count, search,
filter, key, log or error."""

from collections.abc import Iterator
from dataclasses import replace

import neo4j
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from api.access.field_groups import CONTACT, FIELD_GROUPS, OF_KIND, TITLES, WrongGroups, limited_to
from api.access.rights import READ, WRITE, Access
from api.access.tokens import TokenError, create, tokens
from api.model.fields import Linked, Paged, Periods, Way
from api.model.filters import camel
from api.model.types import PLURALS, TYPES
from api.reads.question import SCHEMA
from graph.cpr.keyring import Keyring
from graph.model import KINDS
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.access.test_matrix import compiled, passes
from tests.api.reads.asking import closed, open_asking
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, small, told

SECRETS = ("alma@kommune.example", "20304050", "alteru", "Retten til alt")
"""Of the groups contact, accounts and rights."""
_ANY = "00000000-0000-4000-8000-000000000000"


def only(*groups: str) -> Access:
    return Access("somebody", limited_to("reader", groups))


def test_the_groups_name_what_there_is() -> None:
    for kind, names in CONTACT.items():
        assert names <= {each.name for each in KINDS[kind].properties}
    assert KINDS.keys() >= OF_KIND.keys()
    assert {*OF_KIND.values(), "contact", "private", "pay", "identity"} == set(FIELD_GROUPS) == set(TITLES)
    for wrong in ((), ("contact", "other")):
        with pytest.raises(WrongGroups, match="there are identity, contact"):
            limited_to("hr", wrong)


def _fields() -> Iterator[tuple[str, str, bool]]:
    """(kind, the weakest question of each of its fields, whether ``identity`` shows it), of every kind of identity."""
    shown = only("identity")
    for kind in sorted(KINDS.keys() - OF_KIND.keys()):
        type_ = SCHEMA.type_map[kind]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            inner = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
            known = TYPES[kind].fields[name]
            way = known.way if isinstance(known, Paged | Periods | Linked) else known
            hidden = isinstance(way, Way) and any(not shown.may_read(each) for each in way.to if each in READ)
            names = [*CONTACT.get(kind, ()), *(["version"] if kind in CONTACT else [])]
            is_contact = any(camel(each) == name for each in names)
            yield kind, f"{name}{inner}", not (hidden or is_contact)


def test_no_field_leads_out_of_the_groups() -> None:
    """Every field of every kind, with the least that may be selected of it."""
    roots = {kind: plural for plural, kind in PLURALS.items()}
    seen = set()
    for kind, field, shown in _fields():
        if field in ("cpr", *(camel(each.name) for each in KINDS[kind].properties if each.access != "open")):
            continue  # these need rights of their own in any case
        query = f"{{ {roots[kind]}(first: 1) {{ nodes {{ {field} }} }} }}"
        answered = passes(only("identity"), query) and compiled(only("identity"), query) is not None
        assert answered == shown, (kind, field)
        seen.add(shown)
        if not shown and " " not in field:
            assert compiled(only("contact"), query) is not None, (kind, field)
    assert seen == {True, False}


def test_who_learns_by_a_conflict_of_another_change_may_read_the_change_log() -> None:
    """A conflict tells the version, and who has changed what and when. A mutation that takes ``expectedVersion`` is
    made with whole roles alone, with each of which its part of the change log is read (``api.mutations.refusals``)."""
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    versioned = [name for name, each in mutations.fields.items() if "expectedVersion" in each.args]
    assert versioned
    for name in versioned:
        assert WRITE[name] <= READ["Change"], name
        for group in FIELD_GROUPS:
            limited = frozenset().union(*(limited_to(role, [group]) for role in WRITE[name]))
            assert not Access("somebody", limited).may_write(name), (name, group)


def test_periods_of_a_link_are_refused_like_what_it_leads_to() -> None:
    for kind, field in (("persons", "rightsRequests"), ("units", "changes")):
        for role, may in (("reader", False), ("hr", True)):
            form = "Periods { from }" if kind == "persons" else "Connection { totalCount }"
            query = f"{{ {kind}(first: 1) {{ nodes {{ {field}{form} }} }} }}"
            assert passes(Access("a", frozenset({role})), query) == may, (role, field)


def test_two_roles_with_different_groups_show_each_where_it_holds() -> None:
    """People everywhere, their phones and accounts in a part: no way leads further."""
    access = Access("a", limited_to("reader", {"identity"}) | {"hr"}, None, {"hr": frozenset({_ANY})})
    query = f'{{ person(uuid: "{_ANY}") {{ name %s }} }}'
    plain, phone = (compiled(access, query % each) or "" for each in ("", "mobile history { workEmail }"))
    assert "CASE WHEN" not in plain and phone.count("CASE WHEN") == 4, "also of the periods, for contact and private"
    changed = "{ persons(filter: {changedSince: 1}) { totalCount } }"
    assert "EXISTS" in (compiled(access, changed) or ""), "where the phones are shown, of each person"
    assert "ELSE 0 END" in (compiled(access, query % "version") or ""), "it is never null"
    assert compiled(only("identity"), changed) is None and compiled(only("contact"), changed) is not None
    accounts = query % "accounts { login }"
    assert passes(access, accounts) and "EXISTS" in (compiled(access, accounts) or "")
    whole = Access("b", frozenset({"hr"}), None, {"hr": frozenset({_ANY})})
    assert "CASE WHEN" not in (compiled(whole, query % "mobile") or ""), "a part alone pays nothing for groups"
    assert Access("c", frozenset({"hr"})).covers(Access("d", limited_to("hr", {"pay"})))
    assert not Access("d", limited_to("hr", {"pay"})).covers(Access("c", frozenset({"hr"})))


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    from tests.emptied import empty

    empty(driver)
    ring, always = Keyring.generate(), Period()
    people = small()
    for each in people:
        if each.key == "p1":
            each.values.update(work_email=told(SECRETS[0]), mobile=told(SECRETS[1]))  # type: ignore[attr-defined]
        if each.key == "e1":
            each.values.update(phone=told(SECRETS[1]), email=told(SECRETS[0]))  # type: ignore[attr-defined]
    system = Statement("ItSystem", "mail", values={"key": told("mail"), "title": told("Mail")})
    right = Statement(
        "SystemRole",
        "all",
        values={"key": told("mail:all"), "title": told(SECRETS[3])},
        links={"system": (DatedLink(always, Ref("ItSystem", "mail")),)},
    )
    account = Statement(
        "Account",
        "a1",
        values={"login": told(SECRETS[2])},
        links={
            "owner": (DatedLink(always, Ref("Person", "p1")),),
            "system": (DatedLink(always, Ref("ItSystem", "mail")),),
        },
    )
    assert run_import(driver, Stating(*people, system, right, account), ring).problems == []
    with serving(addresses, driver, ring) as served:
        yield served


@pytest.mark.slow
def test_a_limited_token_learns_nothing_by_any_door(town: Served) -> None:
    limited = create(town.driver, "phone book", ["reader", "auditor"], fields=["identity"])
    whole = create(town.driver, "whole", ["reader", "auditor"])
    uuids = {
        row["kind"]: row["uuid"]
        for row in town.driver.execute_query(
            "MATCH (n:Person|Account|SystemRole) RETURN labels(n)[0] AS kind, max(n.uuid) AS uuid"
        ).records
    }
    doors = [
        *(f'search(text: "{each}") {{ rank property value }}' for each in SECRETS),
        *(f'persons(filter: {{keys: ["{each}"]}}) {{ totalCount }}' for each in SECRETS),
        f'account(key: "{SECRETS[2]}") {{ uuid }}',
        f'account(uuid: "{uuids["Account"]}") {{ login }}',
        f'accounts(filter: {{loginStarts: "{SECRETS[2][:3]}"}}) {{ totalCount }}',
        "accounts(order: NAME) { totalCount nodes { login } }",
        "persons(filter: {changedSince: 0}) { nodes { mobile } }",
        'employments(filter: {changedAfter: "2020-01-01"}) { nodes { phone } }',
        "persons { nodes { version mobile } }",
        "persons(order: NAME) { nodes { mobile workEmail history { mobile } } }",
        "persons { nodes { accountsPeriods { from } accountsConnection { totalCount } } }",
        "employments { nodes { phone email history { email } } }",
        "systemRoles { totalCount nodes { title } }",
        "changes { totalCount nodes { after } }",
        "persons { nodes { sources { statement } changes { after } } }",
        "changeFeed(kind: Person) { values { property after { text } } }",
        f'thing(uuid: "{uuids["Account"]}") {{ label }}',
        f'provenance(kind: Person, thing: "{uuids["Person"]}") {{ claims {{ value }} }}',
        'rights(person: "p1") { held { right { title } } }',
    ]
    told_whole = "".join(town.post(f"{{ {each} }}", whole).text for each in doors)
    for secret in SECRETS:
        assert secret in told_whole, "without the limit it is told"
    for door in doors:
        answer = town.post(f"{{ {door} }}", limited)
        shown = {**answer.json(), "errors": [each["extensions"]["code"] for each in answer.json().get("errors", [])]}
        assert not any(secret in str(shown) for secret in SECRETS), door
        assert set(shown["errors"]) <= {"forbidden", "known_only_now", "unknown_argument", "bad_question"}, answer.text
        if "search" in door:
            assert shown["data"]["search"] == []
        elif "keys" in door:
            assert shown["data"]["persons"]["totalCount"] == 0
        else:
            assert shown["errors"], door
    for event in ("changes { number }", "changes(kind: Account) { uuid }"):
        body = {"query": f"subscription {{ {event} }}"}
        headers = {"Authorization": f"Bearer {limited}", "Accept": "text/event-stream"}
        assert "forbidden" in town.send(body, headers).text
    refused = town.post("{ persons { nodes { name mobile } } }", limited).json()["errors"][0]
    assert "Person.mobile is in the field group 'contact'" in refused["message"]
    assert "persons" in town.post("{ persons { nodes { name label } } }", limited).json()["data"]


@pytest.mark.slow
def test_versions_are_told_where_they_are_shown(town: Served, addresses: Addresses) -> None:
    """The page of a person asks for them; it is not refused for want of those of other places."""
    rows = town.driver.execute_query("MATCH (n:Unit {name: 'North'}) RETURN n.uuid AS uuid").records
    roles = limited_to("reader", {"identity"}) | {"hr"}
    access = Access("a", roles, None, {"hr": frozenset({rows[0]["uuid"]})})
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, town.driver, Keyring.generate())
    asked = "{ persons { nodes { name mobile version employments { version } } } }"
    found = {each["name"]: each for each in replace(opened, access=access).data(asked)["persons"]["nodes"]}
    closed(opened)
    inside, outside = found["Alma Testrup"], found["Cille Eksempel"]
    assert inside["mobile"] == SECRETS[1] and inside["version"] > 0 and inside["employments"][0]["version"] > 0
    assert outside == {"name": "Cille Eksempel", "mobile": None, "version": 0, "employments": [{"version": 0}]}


@pytest.mark.slow
def test_each_group_opens_its_own(town: Served) -> None:
    for group, question, secret in (
        ("contact", "persons { nodes { mobile } }", SECRETS[1]),
        ("contact", f'search(text: "{SECRETS[0]}") {{ value }}', SECRETS[0]),
        ("accounts", "persons { nodes { accounts { login } } }", SECRETS[2]),
        ("accounts", f'search(text: "{SECRETS[2]}") {{ value }}', SECRETS[2]),
        ("rights", "systemRoles { nodes { title } }", SECRETS[3]),
    ):
        for each in ("contact", "accounts", "rights"):
            token = create(town.driver, f"{group} {each} {hash(question)}", ["reader"], fields=[each])
            answer = town.post(f"{{ {question} }}", token).json()
            assert (secret in str(answer.get("data"))) == (each == group), (group, each, answer)
    assert {each.fields for each in tokens(town.driver) if each.name.startswith("rights rights")} == {("rights",)}
    me = town.post("{ me { roles mayReadContact places { role everywhere fields } } }", token).json()["data"]["me"]
    assert me == {
        "roles": ["READER"],
        "mayReadContact": False,
        "places": [{"role": "READER", "everywhere": True, "fields": ["identity", "rights"]}],
    }
    with pytest.raises(TokenError, match="fields: unknown field group other"):
        create(town.driver, "other", ["reader"], fields=["other"])


def test_a_limited_role_changes_nothing() -> None:
    access = Access("hr", limited_to("hr", FIELD_GROUPS))
    for name in WRITE.keys() - {each for each, roles in WRITE.items() if "hr:identity" in roles}:
        assert not access.may_write(name), name
