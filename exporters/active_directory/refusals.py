"""What a controller's result code means for one object (active_directory.md §8 "Result codes")."""

from exporters.errors import DeliveryError, LoginRefused
from exporters.objects.errors import Gone, ObjectError, Refused
from graph.retry import NEXT
from protocols.ldap.errors import WriteRejected

NO_SUCH_ATTRIBUTE, ATTRIBUTE_OR_VALUE_EXISTS = 16, 20
CONSTRAINT, INVALID_SYNTAX = 19, 21
REFERRAL, NO_SUCH_OBJECT, RIGHTS, UNWILLING, NOT_LEAF, EXISTS, OTHER = 10, 32, 50, 53, 66, 68, 80
CONFLICT = frozenset({NO_SUCH_ATTRIBUTE, ATTRIBUTE_OR_VALUE_EXISTS})
OF_A_MEMBER = frozenset({CONSTRAINT, NO_SUCH_OBJECT, UNWILLING})
"""What a domain answers if one of several members is not there, or may not be in this group."""
LOGIN = frozenset({8, 49})
BAD_PASSWORD = "0000052D"
NO_PARENT = "00002095"
_IN_USE = {
    "00000524": "sAMAccountName",
    "00000526": "sAMAccountName",
    "00000563": "sAMAccountName",
    "000021C8": "userPrincipalName",
}
"""Windows' codes of a name that a user, a group or an alias of the domain has, or anybody in the forest: whoever has it
may be in another domain, or be hidden from the service account."""


def is_bad_password(rejected: WriteRejected) -> bool:
    return rejected.code in (CONSTRAINT, UNWILLING) and BAD_PASSWORD in rejected.message.upper()


def name_in_use(rejected: WriteRejected) -> str:
    """The attribute whose value another object has, where the domain's own code says which; empty."""
    return _IN_USE.get(rejected.message[:8].upper(), "")


def refusal(rejected: WriteRejected, what: str) -> ObjectError | DeliveryError:
    """The error that a code means, where nothing better is known about it."""
    said = f"{what}: {rejected}"
    code = rejected.code
    if code in LOGIN:
        return LoginRefused(f"{said}. Check the service account.")
    if code == REFERRAL:
        return DeliveryError(f"{said}. Name a controller that can be written to.", retry=NEXT)
    if code == NO_SUCH_OBJECT or (code == OTHER and NO_PARENT in rejected.message):
        return Gone(said)
    if code == RIGHTS:
        return Refused("no_right", f"{said}. Delegate the right to the service account (README).")
    if is_bad_password(rejected):
        return Refused("password_policy", f"{what}: the domain's policy refuses the first password.")
    if code in (CONSTRAINT, INVALID_SYNTAX):
        return Refused("value", said)
    if code in CONFLICT:
        return Refused("changed_meanwhile", said)
    if code == NOT_LEAF:
        return Refused("not_empty", said)
    return Refused(f"result_{code}", said)


def placing(rejected: WriteRejected, what: str, place: str) -> ObjectError | DeliveryError:
    """The same, of an object that is to be put in an OU: an OU that is not there does not mean that the object is
    gone."""
    found = refusal(rejected, what)
    if isinstance(found, Gone):
        return Refused("no_place", f"{what}: there is no {place}, or the service account can't see it.")
    return found
