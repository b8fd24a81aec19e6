"""What KOMBIT makes of a document is never wider than the right: it adds what it holds of the role, and of a grant it
holds nothing."""

from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.evaluate import evaluate
from graph.questions.rights.held import Limit
from graph.questions.rights.kombit_content import ContentAtKombit, LimitAtKombit
from graph.questions.rights.organisation import Mark, OrganisationOnDay, Setting, Unit
from idp.claims.oio_bpp import Receiver, privileges
from tests.graph.questions.rights.test_meant_limits import JOB, NOTE, READ, town
from tests.idp.claims.rights import CVR, TYPES, document, limit, parsed, right

PARAMETER, OF_GRANT = "urn:parameter", "urn:grant"
UNITS = {"low": Unit("low", "Low", performs=(Mark("m", "15.20"),))}
ON_ROLE = (
    Setting("role", "job", "kle", fixed=("15",)),
    Setting("role", "job", "kle", derived="kle_performs", parameter=PARAMETER),
    Setting("role", "job", "kle", derived="assignment_value", parameter=PARAMETER),
)
ON_GRANT = (
    Setting("grant", "g", "kle", fixed=("27",)),
    Setting("grant", "g", "kle", derived="kle_performs", parameter=OF_GRANT),
)


def at_kombit(organisation: OrganisationOnDay, given: dict[str, str]) -> set[str] | None:
    """The KLE numbers for which the role holds there; None: all of them."""
    settings = [each for each in organisation.settings.values() if each.of == "job"]
    assert {each.parameter for each in settings if each.parameter} == given.keys(), "exactly the role's parameters"
    for each in settings:
        return {f"{number}.*" for number in each.fixed} or set(given[PARAMETER].split(","))
    return None


def test_what_kombit_makes_of_it_is_what_is_held() -> None:
    sent = 0
    includes: tuple[dict[str, tuple[str, ...]], ...] = ({"job": ("note", "read")}, {})
    ways = product((None, *ON_ROLE), (None, *ON_GRANT), includes, (None, CVR), (True, False))
    for on_role, on_grant, contents, delegated_from, is_required in ways:
        roles = {each.uuid: each for each in (READ, NOTE)}
        if not is_required:
            roles = {uuid: replace(each, required=(), optional=each.required) for uuid, each in roles.items()}
        job = replace(JOB, delegated_from_cvr=delegated_from)
        organisation = town(
            *filter(None, (on_role, on_grant)),
            units=UNITS, includes=contents, system_roles=roles, job_function_roles={"job": job},
        )  # fmt: skip
        rights = evaluate(organisation, "anna")
        document = privileges(rights, Receiver("kombit", CVR))
        assert len(document.omitted) == 1 if document.xml is None else not document.omitted, "left out, and told"
        if document.xml is None:
            continue
        sent += 1
        ((_, _, constraints),) = parsed(document.xml)
        (held,) = rights.held
        limits = [limit for included in held.included for limit in included.limits]
        assert at_kombit(organisation, dict(constraints)) == (set(limits[0].wire) if limits else None)
    assert sent == 7, (
        "fixed, derived and given with the grant, each required or optional; and open where nothing is set"
    )


def test_of_a_role_that_includes_another_each_is_sent_as_what_kombit_has_of_it() -> None:
    """FK-adm has no roles in roles: the target writes each with its own system roles only, and a login names both."""
    inner = replace(JOB, uuid="inner", key="inner", uri="http://solbjerg.example/roles/jobrole/inner/1")
    organisation = town(
        Setting("of_job", "job", "kle", fixed=("15",)), Setting("of_inner", "inner", "kle", fixed=("27",)),
        units=UNITS, includes={"job": ("note", "inner"), "inner": ("read",)},
        system_roles={each.uuid: each for each in (READ, NOTE)}, job_function_roles={"job": JOB, "inner": inner},
    )  # fmt: skip
    contents = {
        role.uri: ContentAtKombit(frozenset({of.uri}), {(of.uri, of.required[0].uri): LimitAtKombit(f"{number}.*")})
        for role, of, number in ((JOB, NOTE, "15"), (inner, READ, "27"))
    }
    made = privileges(evaluate(organisation, "anna"), Receiver("kombit", CVR, contents=contents))
    assert made.omitted == () and {each.privilege for each in made.groups} == {JOB.uri, inner.uri}


URI, SYSTEM_ROLE = (f"http://{each}.example/roles/{of}role/job/1" for each, of in (
    ("solbjerg", "job"), ("overview", "usersystem"),
))  # fmt: skip
NUMBERS = ("15.20.01", "15.21.01", "15.21.02", "15.30.01", "27.24.03", "27.24.04")
_kle = st.frozensets(st.sampled_from(["15", "15.20", "15.21.01", "27.24.03"]), min_size=1, max_size=2)
_here = st.none() | st.tuples(st.sampled_from(["fixed", PARAMETER, OF_GRANT]), _kle)
_there = st.none() | st.just(PARAMETER) | st.just(OF_GRANT) | _kle


def wire(numbers: frozenset[str]) -> list[str]:
    return sorted(each if each.count(".") == 2 else f"{each}.*" for each in numbers)


def within(numbers: frozenset[str] | None) -> set[str]:
    """The subjects for which somebody has access; None: no limit."""
    return {each for each in NUMBERS if numbers is None or any(f"{each}.".startswith(f"{one}.") for one in numbers)}


@given(_here, _there, st.booleans())
def test_of_a_role_that_differs_there_nobody_gets_more_than_here(
    here: tuple[str, frozenset[str]] | None, there: str | frozenset[str] | None, has_more: bool
) -> None:
    """A second reckoning: subject by subject, what KOMBIT opens with the values of the login, and what is held."""
    limits: list[Limit] = []
    if here is not None:
        limits = [limit("kle", wire(here[1]), None if here[0] == "fixed" else here[0])]
    roles = {SYSTEM_ROLE, *(["http://overview.example/roles/usersystemrole/more/1"] if has_more else ())}
    kept = {}
    if there is not None:
        kept[SYSTEM_ROLE, TYPES["kle"].uri] = (
            LimitAtKombit(parameter=there) if isinstance(there, str) else LimitAtKombit(",".join(wire(there)))
        )
    made = document(right("job", *limits), contents={URI: ContentAtKombit(frozenset(roles), kept)})

    held = within(None if here is None else here[1])
    sent = {} if here is None or here[0] == "fixed" else {here[0]: here[1]}
    is_expected = not isinstance(there, str) or there in sent
    opened = within(sent.get(there) if isinstance(there, str) else there)
    # What only looks the same now: KOMBIT has no limit where there is one here.
    is_open = there is None and here is not None
    assert (made.xml is not None) == (not has_more and is_expected and opened <= held and not is_open)
    if made.xml is None:
        assert [each.reason for each in made.omitted] == ["differs_at_kombit"]


def test_a_role_whose_content_was_not_read_is_not_compared() -> None:
    assert document(right("job", limit("kle", ["15.*"], PARAMETER)), contents={}).xml is not None


def test_what_a_delegated_role_contains_is_not_compared() -> None:
    content = ContentAtKombit(frozenset({"urn:anything"}))
    made = document(right("job", delegated_from_cvr="87654321"), contents={URI: content})
    assert made.xml is not None and not made.omitted
