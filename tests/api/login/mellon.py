"""Apache with mod_auth_mellon: a service provider in C (Lasso)."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.api.login.apache import apache, provider_folder, unpacked
from tests.idp.saml.peer import pair


def metadata(port: int, name_id: str = "") -> bytes:
    """Its metadata, as an administrator writes it. ``name_id``: the format that it asks for; by itself, transient."""
    formats = f"<NameIDFormat>{name_id}</NameIDFormat>" if name_id else ""
    at, who = f"http://127.0.0.1:{port}/mellon", pair("mellon")
    keys = "".join(
        f'<KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{who.text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
        for use in ("signing", "encryption")
    )
    return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{at}/metadata">
      <SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
      {keys}<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{at}/logout"/>
      {formats}
      <AssertionConsumerService index="0" isDefault="true"
        Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{at}/postResponse"/>
      </SPSSODescriptor></EntityDescriptor>""".encode()


@contextmanager
def mellon(port: int, described: bytes, identity: bytes) -> Iterator[str]:
    """Apache on the port, with a page /secret for those who have logged in; its address."""
    root = unpacked()
    with provider_folder("mellon", described, identity) as folder:
        lines = [
            f'MellonLockFile "{folder}/lock"',
            f'MellonPostDirectory "{folder}"',
            "<Location />",
            "MellonEnable info",
            "MellonSecureCookie Off",
            "MellonSignatureMethod rsa-sha256",
            f"MellonSPMetadataFile {folder}/sp.xml",
            f"MellonSPPrivateKeyFile {folder}/key.pem",
            f"MellonSPCertFile {folder}/cert.pem",
            f"MellonIdPMetadataFile {folder}/idp.xml",
            "MellonEndpointPath /mellon",
            "MellonUser NAME_ID",
            'MellonMergeEnvVars On ";"',
            "</Location>",
            "<Location /secret>",
            "AuthType Mellon",
            "MellonEnable auth",
            "Require valid-user",
            'Header always set X-User "%{MELLON_NAME_ID}e"',
            'Header always set X-Mail "%{MELLON_mail}e"',
            'Header always set X-Several "%{MELLON_several}e"',
            "</Location>",
        ]
        with apache(root, folder, port, {"auth_mellon_module": "mod_auth_mellon.so"}, lines) as address:
            yield address
