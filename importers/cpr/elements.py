"""Elements of an answer, each told once: what is there twice, or holds elements instead of text, is not guessed."""

from lxml import etree

from importers.cpr.errors import UnreadableAnswer


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The child with this local name. Raises UnreadableAnswer where there are several."""
    found = element.findall(f"{{*}}{name}")
    if len(found) > 1:
        raise UnreadableAnswer(name, f"{name} is there {len(found)} times")
    return found[0] if found else None


def text(element: etree._Element, name: str) -> str | None:
    """A child's text without the blanks around it; None where it is empty or not there. Raises UnreadableAnswer."""
    found = child(element, name)
    if found is None:
        return None
    if len(found):
        raise UnreadableAnswer(name, f"{name} contains elements instead of text")
    return (found.text or "").strip() or None
