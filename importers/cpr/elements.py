"""Reads elements of an answer strictly: one that occurs twice, or contains elements instead of text, is an error."""

from lxml import etree

from importers.cpr.errors import UnreadableAnswer


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The child with this local name. Raises UnreadableAnswer if there are several."""
    found = element.findall(f"{{*}}{name}")
    if len(found) > 1:
        raise UnreadableAnswer(name, f"{name} occurs {len(found)} times")
    return found[0] if found else None


def text(element: etree._Element, name: str) -> str | None:
    """A child's text, stripped; None if it is empty or missing. Raises UnreadableAnswer."""
    found = child(element, name)
    if found is None:
        return None
    if len(found):
        raise UnreadableAnswer(name, f"{name} contains elements instead of text")
    return (found.text or "").strip() or None
