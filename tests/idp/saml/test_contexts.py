"""What a service provider asks of the login, and what is claimed of it. saml.md pitfalls 37 and 38."""

import pytest

from idp.saml.authn_requests import RequestedContext
from idp.saml.contexts import context_of, needs_second_factor
from idp.saml.errors import Declined
from idp.saml.names import ASSURANCE_CONTEXT, MULTIPLE_FACTORS, PASSWORD, PLAIN_PASSWORD, UNSPECIFIED_CONTEXT

TWO, THREE, FOUR = (f"{ASSURANCE_CONTEXT}{level}" for level in (2, 3, 4))
"""The levels of the Context Handler (kombit_access.md §2.4)."""
HIGH = "https://data.gov.dk/concept/core/nsis/loa/High"
KERBEROS = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"


@pytest.mark.parametrize(
    ("classes", "comparison", "second", "with_one", "with_two"),
    [
        (None, "exact", False, PASSWORD, MULTIPLE_FACTORS),
        ((), "exact", False, PASSWORD, MULTIPLE_FACTORS),
        ((PASSWORD,), "exact", False, PASSWORD, PASSWORD),
        ((PLAIN_PASSWORD,), "exact", False, PLAIN_PASSWORD, PLAIN_PASSWORD),
        ((UNSPECIFIED_CONTEXT,), "exact", False, UNSPECIFIED_CONTEXT, UNSPECIFIED_CONTEXT),
        ((MULTIPLE_FACTORS,), "exact", True, None, MULTIPLE_FACTORS),
        ((KERBEROS, PASSWORD), "exact", False, PASSWORD, PASSWORD),
        ((PASSWORD,), "minimum", False, PASSWORD, MULTIPLE_FACTORS),
        ((MULTIPLE_FACTORS,), "minimum", True, None, MULTIPLE_FACTORS),
        ((PASSWORD,), "maximum", False, PASSWORD, PASSWORD),
        ((PASSWORD,), "better", True, None, MULTIPLE_FACTORS),
        ((TWO,), "exact", False, TWO, TWO),
        ((THREE,), "exact", True, None, THREE),
        ((THREE,), "minimum", True, None, MULTIPLE_FACTORS),
        ((HIGH, TWO, THREE), "exact", False, TWO, THREE),
    ],
)
def test_asked_and_claimed(
    classes: tuple[str, ...] | None, comparison: str, second: bool, with_one: str | None, with_two: str
) -> None:
    asked = None if classes is None else RequestedContext(classes, comparison)
    assert needs_second_factor(asked) is second
    assert context_of(asked, two_factors=True) == with_two
    if with_one is not None:
        assert context_of(asked, two_factors=False) == with_one
    else:
        with pytest.raises(Declined):
            context_of(asked, two_factors=False)


@pytest.mark.parametrize(
    "asked",
    [
        RequestedContext((HIGH,)),
        RequestedContext((HIGH,), "minimum"),
        RequestedContext((KERBEROS,)),
        RequestedContext((FOUR,)),
        RequestedContext((FOUR,), "minimum"),
        RequestedContext((MULTIPLE_FACTORS,), "better"),
        RequestedContext((HIGH, PASSWORD), "better"),
    ],
)
def test_what_can_not_be_met(asked: RequestedContext) -> None:
    for attempt in (lambda: needs_second_factor(asked), lambda: context_of(asked, two_factors=True)):
        with pytest.raises(Declined) as found:
            attempt()
        assert str(found.value.status[1]).endswith("NoAuthnContext")
