"""Releases of a small classification, as XML or as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

FIRST, SECOND, THIRD = date(2026, 5, 1), date(2026, 8, 1), date(2026, 11, 1)


def uuid(number: str, of: int = 0) -> str:
    """A UUID for a number of KLE; ``of`` makes others."""
    return f"0f6a4c56-7b1c-4b5b-9d3{of}-{''.join(f'{ord(each):02x}' for each in number if each != '.'):0>12}"


@dataclass
class Node:
    """An entry. ``info`` False: without AdministrativInfo. ``id`` None: the number's own UUID."""

    number: str
    title: str = ""
    id: str | None = None
    created: str = "1988-01-01"
    changed: str = ""
    ended: str = ""
    moved: str = ""
    to: Sequence[str] = ()
    info: bool = True
    more: str = ""
    below: list["Node"] = field(default_factory=list)


def _element(node: Node) -> str:
    parts = node.number.split(".")
    return ("Hovedgruppe", "Gruppe", "Emne")[len(parts) - 1] if parts[0].isdigit() else _facet(node.number)


def _facet(number: str) -> str:
    return "HandlingsfacetKategori" if len(number) == 1 else "Handlingsfacet"


def xml(node: Node) -> str:
    name = _element(node)
    history = ""
    if node.ended:
        history = f"<Historisk><UdgaaetDato>{node.ended}</UdgaaetDato></Historisk>"
    if node.moved:
        after = "".join(
            f"<AfloestAf><{_element(Node(to))}Nr>{to}</{_element(Node(to))}Nr></AfloestAf>" for to in node.to
        )
        history = f"<Historisk><Flyttet><FlyttetDato>{node.moved}</FlyttetDato>{after}</Flyttet></Historisk>"
    changed = f"<RettetDato>{node.changed}</RettetDato>" if node.changed else ""
    info = (
        f"<{name}AdministrativInfo><OprettetDato>{node.created}</OprettetDato>{changed}{history}</{name}AdministrativInfo>"
        if node.info
        else ""
    )
    given = uuid(node.number) if node.id is None else node.id
    title = node.title or f"Om {node.number}"
    return (
        f"<{name}><{name}Nr>{node.number}</{name}Nr><{name}Titel>{title}</{name}Titel>{info}{node.more}"
        f"<UUID>{given}</UUID>{''.join(map(xml, node.below))}</{name}>"
    )


def plan(*nodes: Node, published: date = FIRST, root: str = "KLE-Emneplan") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}><UdgivelsesDato>{published}</UdgivelsesDato>'
        f"{''.join(map(xml, nodes))}</{root}>"
    ).encode()


def facets(*nodes: Node, published: date = FIRST) -> bytes:
    return plan(*nodes, published=published, root="KLE-Handlingsfacetter")


def small(*subjects: Node, published: date = FIRST) -> bytes:
    """Main group 27 with group 27.12 and these subjects (by default .04 and .06)."""
    chosen = list(subjects) or [Node("27.12.04"), Node("27.12.06")]
    return plan(Node("27", below=[Node("27.12", below=chosen)]), published=published)


def written(folder: Path, content: bytes, name: str = "release.xml") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
