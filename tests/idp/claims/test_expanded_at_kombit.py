"""What KOMBIT makes of a document is never wider than the right: it adds what it holds of the role, and of a grant it
holds nothing."""

from dataclasses import replace
from itertools import product

from graph.questions.rights.evaluate import evaluate
from graph.questions.rights.organisation import Mark, OrganisationOnDay, Setting, Unit
from idp.claims.oio_bpp import Receiver, privileges
from tests.graph.questions.rights.test_meant_limits import JOB, NOTE, READ, town
from tests.idp.claims.rights import CVR, parsed

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
