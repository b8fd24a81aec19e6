"""Apache with mod_auth_mellon: a service provider in C (Lasso), run from a folder (tools/install_saml_peers.sh)."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.idp.saml.peer import pair

ROOT = Path(__file__).resolve().parents[3]
_FOLDER = ROOT / ".cache" / "saml-peers"
_MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "auth_mellon")


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
    subprocess.run([ROOT / "tools" / "install_saml_peers.sh", _FOLDER], check=True, timeout=600)
    unpacked = _FOLDER / "root" if (_FOLDER / "root" / "usr" / "sbin" / "apache2").exists() else Path("/")
    who = pair("mellon")
    # Not pytest's folder: Apache gives up its rights, and could not look into it.
    folder = Path(tempfile.mkdtemp(prefix="reconnect-mellon-"))
    folder.chmod(0o755)
    (folder / "sp.xml").write_bytes(described)
    (folder / "idp.xml").write_bytes(identity)
    (folder / "cert.pem").write_bytes(who.certificate.public_bytes(Encoding.PEM))
    key = who.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "www" / "secret").mkdir(parents=True)
    (folder / "www" / "secret" / "index.html").write_text("the secret page")
    modules = unpacked / "usr" / "lib" / "apache2" / "modules"
    configuration = [
        *(f"LoadModule {each}_module {modules}/mod_{each}.so" for each in _MODULES),
        f"Listen 127.0.0.1:{port}",
        f"ServerName http://127.0.0.1:{port}",
        f"PidFile {folder}/pid",
        f"ErrorLog {folder}/error.log",
        f"Mutex file:{folder}",
        f"DocumentRoot {folder}/www",
        "<Directory />",
        "AllowOverride None",
        "</Directory>",
        "DirectoryIndex index.html",
        f'MellonLockFile "{folder}/lock"',
        f'MellonPostDirectory "{folder}"',
        *(("User www-data", "Group www-data") if os.getuid() == 0 else ()),
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
    (folder / "httpd.conf").write_text("\n".join(configuration) + "\n")
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "www-data", folder], check=True)
    libraries = f"{unpacked}/usr/lib/x86_64-linux-gnu:{unpacked}/usr/lib/aarch64-linux-gnu:{unpacked}/usr/lib"
    server = subprocess.Popen(
        [unpacked / "usr" / "sbin" / "apache2", "-f", folder / "httpd.conf", "-DFOREGROUND"],
        env={**os.environ, "LD_LIBRARY_PATH": libraries},
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False)
                break
            except httpx.TransportError as error:
                assert server.poll() is None and time.monotonic() < deadline, (
                    (folder / "error.log").read_text(errors="replace") if (folder / "error.log").exists() else error
                )
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)
