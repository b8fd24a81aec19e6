"""Apache with mod_shib and shibd: Shibboleth's service provider in C++ (Xerces), the strictest of the peers."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.login.apache import apache, environment, provider_folder, unpacked
from tests.idp.saml.peer import pair

_CATALOGS = (
    "xmltooling/catalog.xml", "opensaml/saml20-catalog.xml", "opensaml/saml11-catalog.xml",
    "opensaml/saml10-catalog.xml", "shibboleth/catalog.xml",
)  # fmt: skip


def metadata(port: int) -> bytes:
    """Its metadata, as an administrator writes it."""
    at, who = f"http://127.0.0.1:{port}/Shibboleth.sso", pair("shibboleth")
    keys = "".join(
        f'<KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{who.text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
        for use in ("signing", "encryption")
    )
    return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{at}/entity">
      <SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
      {keys}<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="{at}/SLO/Redirect"/>
      <AssertionConsumerService index="1" isDefault="true"
        Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{at}/SAML2/POST"/>
      </SPSSODescriptor></EntityDescriptor>""".encode()


@contextmanager
def shibboleth(port: int, described: bytes, identity: bytes, identity_id: str) -> Iterator[str]:
    """Apache on the port, with a page /secret for those who have logged in; its address."""
    root = unpacked()
    with provider_folder("shibboleth", described, identity) as folder:
        catalogs = _catalogs(root, folder)
        given = {
            "SHIBSP_PREFIX": str(root / "usr"),
            "SHIBSP_LIBDIR": str(root / "usr" / "lib" / "x86_64-linux-gnu"),
            "SHIBSP_CFGDIR": str(folder),
            "SHIBSP_LOGDIR": str(folder),
            "SHIBSP_RUNDIR": str(folder),
            "SHIBSP_CACHEDIR": str(folder),
            "SHIBSP_XMLDIR": str(folder),
            "SHIBSP_SCHEMAS": catalogs,
        }
        _configure(root, folder, port, identity_id)
        daemon = subprocess.Popen(
            [root / "usr" / "sbin" / "shibd", "-F", "-f", "-c", folder / "shibboleth2.xml", "-p", folder / "shibd.pid"],
            env={**environment(root), **given},
        )
        try:
            # mod_shib waits for ever where there is no daemon.
            socket, deadline = folder / "shibd.sock", time.monotonic() + 120
            while not socket.exists():
                assert daemon.poll() is None and time.monotonic() < deadline, _logs(folder)
                time.sleep(0.1)
            socket.chmod(0o777)
            lines = [
                f"ShibConfig {folder}/shibboleth2.xml",
                "ShibCompatValidUser On",
                "<Location /Shibboleth.sso>",
                "AuthType None",
                "Require all granted",
                "</Location>",
                "<Location /secret>",
                "AuthType shibboleth",
                "ShibRequestSetting requireSession 1",
                "Require valid-user",
                'Header always set X-User "%{persistent-id}e"',
                'Header always set X-Mail "%{mail}e"',
                'Header always set X-Several "%{several}e"',
                "</Location>",
            ]
            with apache(root, folder, port, {"mod_shib": "mod_shib.so"}, lines, **given) as address:
                yield address
        finally:
            daemon.terminate()
            daemon.wait(30)


def _catalogs(root: Path, folder: Path) -> str:
    """The schemas' catalogs, with the places that the schemas have here."""
    made = []
    for each in _CATALOGS:
        text = (root / "usr" / "share" / "xml" / each).read_text()
        copy = folder / each.replace("/", "-")
        copy.write_text(text.replace("/usr/share/xml", f"{root}/usr/share/xml"))
        made.append(str(copy))
    return ":".join(made)


def _configure(root: Path, folder: Path, port: int, identity_id: str) -> None:
    own = root / "etc" / "shibboleth"
    for name in ("security-policy.xml", "protocols.xml"):
        (folder / name).write_bytes((own / name).read_bytes())
    for name in ("shibd", "native"):
        (folder / f"{name}.logger").write_text(
            "log4j.rootCategory=WARN, file\nlog4j.appender.file=org.apache.log4j.FileAppender\n"
            f"log4j.appender.file.fileName={folder}/{name}.log\nlog4j.appender.file.layout=org.apache.log4j.BasicLayout\n"
        )
    (folder / "attribute-map.xml").write_text(
        '<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Attribute name="mail" id="mail"/>'
        '<Attribute name="several" id="several"/>'
        '<Attribute name="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" id="persistent-id">'
        '<AttributeDecoder xsi:type="NameIDAttributeDecoder" formatter="$Name"/></Attribute></Attributes>'
    )
    (folder / "shibboleth2.xml").write_text(
        f"""<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
          <OutOfProcess logger="{folder}/shibd.logger"/><InProcess logger="{folder}/native.logger"/>
          <UnixListener address="{folder}/shibd.sock"/>
          <StorageService type="Memory" id="mem" cleanupInterval="900"/>
          <SessionCache type="StorageService" StorageService="mem"/><ReplayCache StorageService="mem"/>
          <ApplicationDefaults entityID="http://127.0.0.1:{port}/Shibboleth.sso/entity" REMOTE_USER="persistent-id"
              signing="true">
            <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false"
                cookieProps="http">
              <SSO entityID="{identity_id}">SAML2</SSO><Logout>SAML2 Local</Logout>
            </Sessions>
            <Errors supportContact="root@localhost"/>
            <MetadataProvider type="XML" validate="true" path="{folder}/idp.xml"/>
            <AttributeExtractor type="XML" validate="true" reloadChanges="false" path="{folder}/attribute-map.xml"/>
            <CredentialResolver type="File" use="signing" key="{folder}/key.pem" certificate="{folder}/cert.pem"/>
            <CredentialResolver type="File" use="encryption" key="{folder}/key.pem" certificate="{folder}/cert.pem"/>
          </ApplicationDefaults>
          <SecurityPolicyProvider type="XML" validate="true" path="{folder}/security-policy.xml"/>
          <ProtocolProvider type="XML" validate="true" reloadChanges="false" path="{folder}/protocols.xml"/>
        </SPConfig>"""
    )


def _logs(folder: Path) -> str:
    return "\n".join(each.read_text(errors="replace") for each in folder.glob("*.log"))
