"""What each service provider's software understands: which parts are signed, and how an assertion is encrypted.

``modern``      everything signed, AES-256-GCM, RSA-OAEP (mgf1p): Shibboleth, mod_auth_mellon, node-saml, python3-saml
``adfs``        as modern with AES-256-CBC: XML encryption in .NET knows no GCM
``oiosaml3``    the response is not signed, the assertion is, AES-256-GCM, RSA-OAEP with SHA-256 and MGF1-SHA-256
"""

from dataclasses import dataclass
from typing import Literal

ProfileName = Literal["modern", "adfs", "oiosaml3"]


@dataclass(frozen=True, slots=True)
class Profile:
    """``sign_response``: the response too; the assertion always is. ``cipher``: of the data. ``sha256_transport``:
    RSA-OAEP of XML encryption 1.1 with SHA-256, which only Shibboleth and OIOSAML 3 are known to read."""

    sign_response: bool
    cipher: Literal["aes256-gcm", "aes256-cbc"]
    sha256_transport: bool = False


PROFILES: dict[ProfileName, Profile] = {
    "modern": Profile(sign_response=True, cipher="aes256-gcm"),
    "adfs": Profile(sign_response=True, cipher="aes256-cbc"),
    "oiosaml3": Profile(sign_response=False, cipher="aes256-gcm", sha256_transport=True),
}
