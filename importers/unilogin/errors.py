"""What may go wrong with the service. All are SourceError: nothing is changed by them."""

import re
from collections.abc import Mapping

from importers.source import SourceError

RIGHTS = "Rettigheder"

# unilogin.md §2: what STIL calls it, and what to do about it. The misspelt code is STIL's own.
_ADVICE: Mapping[str, str] = {
    "Signatur": "the signature is wrong or the certificate is not registered: look at key_file and signed",
    "SignaturMangler": "STIL saw no signature: look at signed and soap",
    "UdbydersytemIdMangler": "STIL saw no provider id: look at provider",
    "BrugeridEllerPassword": "STIL asks for user name and password, which version 7 does not have: look at url",
    RIGHTS: "there is no approved data agreement for this institution",
}
_CPR = re.compile(r"\d{6}-?\d{4}")


class Refused(SourceError):
    """A SOAP fault. ``kind``: STIL's type of it, empty where it gives none."""

    def __init__(self, asked: str, kind: str, text: str) -> None:
        self.kind = kind
        said = _CPR.sub("**********", " ".join(text.split()))[:300]
        advice = _ADVICE.get(kind)
        super().__init__(
            f"STIL refused {asked}" + (f" ({kind}): {advice}." if advice else ".") + (f" It said: {said}" * bool(said))
        )


class Unreadable(SourceError):
    """The answer is not what the interface describes: cut off, a DTD, another institution, no export."""


class Untrusted(SourceError):
    """The answer is not signed as the settings demand."""


class Unavailable(SourceError):
    """Out of reach, broken, or too slow."""


class WrongKey(SourceError):
    """The PKCS#12 file, or the file of trusted certificates, can't be used."""
