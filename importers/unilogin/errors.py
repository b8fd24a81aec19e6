"""Errors of the service. None of them changes anything.

Every error states whether and when to try again, and the ``rule`` under which an institution's failure is kept. Kept
problems have the rule in their keys, so it does not change when a class is renamed.

SourceError
├── RequestRejected  a SOAP fault
├── AccessRejected   HTTP 401 or 403
├── Unreadable       the answer does not match the interface
├── Untrusted        the answer is not signed as the settings require
├── Unavailable      out of reach, failing, or too slow
└── WrongKey         a file of keys or certificates can't be used
"""

from collections.abc import Mapping

from graph.cpr.keyring import without_numbers
from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError

RIGHTS = "Rettigheder"

# unilogin.md §2: STIL's code, and what to do about it. The misspelt code is STIL's own.
_ADVICE: Mapping[str, str] = {
    "Signatur": "the signature is wrong or the certificate is not registered: check key_file and signed",
    "SignaturMangler": "STIL found no signature: check signed and soap",
    "UdbydersytemIdMangler": "STIL found no provider id: check provider",
    "BrugeridEllerPassword": "STIL asks for user name and password, which version 7 does not have: check url",
    RIGHTS: "there is no approved data agreement for this institution",
}


class RequestRejected(SourceError):
    """A SOAP fault. ``kind``: STIL's type of it; empty if there is none."""

    retry = NEXT
    rule = "refused"

    def __init__(self, asked: str, kind: str, text: str) -> None:
        self.kind = kind
        if kind == RIGHTS:
            self.rule = "no_rights"
        said = without_numbers(" ".join(text.split()))[:300]
        advice = _ADVICE.get(kind)
        answer = f" Its answer: {said}" if said else ""
        super().__init__(
            f"STIL rejected {asked}" + (f" ({kind}): {advice}." if advice else ".") + answer,
            # Every fault that STIL names is about the caller, except a missing agreement of one institution.
            retry=NEVER if advice and kind != RIGHTS else None,
        )


class AccessRejected(SourceError):
    """STIL, or a proxy in front of it, rejects the call (HTTP 401, 403)."""

    retry = NEVER
    rule = "accessrefused"


class Unreadable(SourceError):
    """The answer does not match the interface: cut off, a DTD, another institution, no export."""

    retry = NEXT
    rule = "unreadable"


class Untrusted(SourceError):
    """The answer is not signed as the settings require."""

    retry = NEXT
    rule = "untrusted"


class Unavailable(SourceError):
    """Out of reach, failing, or too slow."""

    retry = SOON
    rule = "unavailable"


class WrongKey(SourceError):
    """The PKCS#12 file, or the file of trusted certificates, can't be used."""

    retry = NEXT
    rule = "wrongkey"
