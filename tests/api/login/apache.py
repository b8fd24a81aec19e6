"""Apache with modules that are service providers, run from a folder (tools/install_saml_peers.sh)."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.idp.saml.peer import pair

ROOT = Path(__file__).resolve().parents[3]
_FOLDER = ROOT / ".cache" / "saml-peers"
_MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers")


def unpacked() -> Path:
    """Where the packages are: a folder, or / where they are installed."""
    subprocess.run([ROOT / "tools" / "install_saml_peers.sh", _FOLDER], check=True, timeout=600)
    return _FOLDER / "root" if (_FOLDER / "root" / "usr" / "sbin" / "apache2").exists() else Path("/")


def environment(root: Path) -> dict[str, str]:
    """In which their programs find their libraries."""
    libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/aarch64-linux-gnu:{root}/usr/lib"
    return {**os.environ, "LD_LIBRARY_PATH": libraries}


@contextmanager
def provider_folder(name: str, described: bytes, identity: bytes) -> Iterator[Path]:
    """A folder with the key of a service provider, its metadata, and those of the identity provider."""
    who = pair(name)
    # Not pytest's folder: Apache gives up its rights, and could not look into it.
    folder = Path(tempfile.mkdtemp(prefix=f"reconnect-{name}-"))
    folder.chmod(0o755)
    (folder / "sp.xml").write_bytes(described)
    (folder / "idp.xml").write_bytes(identity)
    (folder / "cert.pem").write_bytes(who.certificate.public_bytes(Encoding.PEM))
    key = who.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "www" / "secret").mkdir(parents=True)
    (folder / "www" / "secret" / "index.html").write_text("the secret page")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def apache(
    root: Path, folder: Path, port: int, modules: Mapping[str, str], lines: Sequence[str], **more: str
) -> Iterator[str]:
    """Its address while the block runs. ``modules``: name → file, beside the usual ones. ``more``: environment."""
    where = root / "usr" / "lib" / "apache2" / "modules"
    files = {**{f"{each}_module": f"mod_{each}.so" for each in _MODULES}, **modules}
    configuration = [
        *(f"LoadModule {name} {where}/{file}" for name, file in files.items()),
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
        *(("User www-data", "Group www-data") if os.getuid() == 0 else ()),
        *lines,
    ]
    (folder / "httpd.conf").write_text("\n".join(configuration) + "\n")
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "www-data", folder], check=True)
    server = subprocess.Popen(
        [root / "usr" / "sbin" / "apache2", "-f", folder / "httpd.conf", "-DFOREGROUND"],
        env={**environment(root), **more},
    )
    try:
        deadline = time.monotonic() + 120
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
