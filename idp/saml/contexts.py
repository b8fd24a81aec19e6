"""How a person logged in, and whether that is what a service provider asked for.

Never is a stronger login claimed than took place. Levels of NSIS are not asserted: that needs a municipality's audited
process (saml.md §5).
"""

from idp.saml.authn_requests import RequestedContext
from idp.saml.errors import Declined
from idp.saml.names import (
    ASSURANCE_CONTEXT,
    MULTIPLE_FACTORS,
    NO_AUTHN_CONTEXT,
    PASSWORD,
    PLAIN_PASSWORD,
    RESPONDER,
    UNSPECIFIED_CONTEXT,
)

_STRENGTH = {
    UNSPECIFIED_CONTEXT: 0, PLAIN_PASSWORD: 1, PASSWORD: 1, MULTIPLE_FACTORS: 2,
    f"{ASSURANCE_CONTEXT}1": 1, f"{ASSURANCE_CONTEXT}2": 1, f"{ASSURANCE_CONTEXT}3": 2,
}  # fmt: skip
"""The classes that are known here, by strength. The assurance level 4 is never reached."""


def assurance_level(two_factors: bool) -> str:
    """Of a login that took place (kombit_access.md §2.4)."""
    return "3" if two_factors else "2"


def needs_second_factor(requested: RequestedContext | None) -> bool:
    """Whether a password alone can't meet the request. Raises Declined (NoAuthnContext) if nothing can."""
    if _meets(requested, PASSWORD) is not None:
        return False
    if _meets(requested, MULTIPLE_FACTORS) is not None:
        return True
    raise Declined(RESPONDER, NO_AUTHN_CONTEXT, "The requested kind of login is not available here.")


def context_of(requested: RequestedContext | None, two_factors: bool) -> str:
    """The class to assert for a login that took place. Raises Declined (NoAuthnContext) if it isn't enough."""
    reached = MULTIPLE_FACTORS if two_factors else PASSWORD
    # Who asked for less, exactly, gets it: a login with two factors includes the password.
    for each in dict.fromkeys((reached, PASSWORD)):
        met = _meets(requested, each)
        if met is not None:
            return met
    raise Declined(RESPONDER, NO_AUTHN_CONTEXT, "The requested kind of login is not available here.")


def _meets(requested: RequestedContext | None, reached: str) -> str | None:
    """The class to assert if a login of the class ``reached`` meets the request."""
    if requested is None or not requested.classes:
        return reached
    strength = _STRENGTH[reached]
    known = [each for each in requested.classes if each in _STRENGTH]
    strengths = [_STRENGTH[each] for each in known]
    if requested.comparison == "exact":
        # "unspecified" and "Password" ask for no more than the login over TLS that took place.
        return next((each for each in known if _STRENGTH[each] == strength or _STRENGTH[each] == 0), None)
    if requested.comparison == "minimum":
        return reached if any(strength >= each for each in strengths) else None
    if requested.comparison == "maximum":
        return reached if any(strength <= each for each in strengths) else None
    # better: than any of the requested ones; an unknown class may be better than everything here
    return reached if len(known) == len(requested.classes) and strength > max(strengths, default=0) else None
