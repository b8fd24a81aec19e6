"""Reads OIO-BPP documents as strictly as the strictest receiver, and refuses the rest with a reason.

It takes base64 only, no document type, both namespaces of the profile, and the grammar of kombit_access.md §2.2. What
needs a table of roles (which role, which parameters, which units) is checked against one, as the Context Handler's
stand-in does (kombit_access.md §7.1).
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from graph.questions.rights.held import Content
from graph.questions.rights.kle import is_wire
from graph.questions.rights.large import LARGEST
from idp.claims.merging import Constraint, Group
from idp.claims.oio_bpp import NAMESPACES, NOT_IN_XML, SCOPE
from protocols.xml import BadXml, tree

Rule = Literal[
    "base64", "too_large", "not_well_formed", "document_type", "encoding", "namespace", "element", "attribute", "text",
    "no_group", "privilege", "scope", "constraint_twice", "blank", "role", "parameter", "value",
]  # fmt: skip
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_SCOPE = re.compile(rf"{re.escape(SCOPE)}([0-9]{{8}})")


class DocumentRejected(ValueError):
    """A document that is not read. ``rule`` is what code branches on."""

    def __init__(self, rule: Rule, text: str) -> None:
        super().__init__(text)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A job-function role that a receiver knows. ``parameters``: what each is about; all of them have to come."""

    cvr: str
    uri: str
    parameters: Mapping[str, Content]


def read(encoded: str) -> tuple[Group, ...]:
    """The groups of a document, in its order.

    Raises:
        DocumentRejected: it is not strict base64, or breaks the grammar.
    """
    try:
        content = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise DocumentRejected("base64", "the value is not base64 without line breaks") from None
    if base64.b64encode(content).decode("ascii") != encoded:
        raise DocumentRejected("base64", "the value is not the base64 of its content: padding or spare bits differ")
    return read_xml(content)


def read_xml(content: bytes) -> tuple[Group, ...]:
    """The groups of a decoded document.

    Raises:
        DocumentRejected: it breaks the grammar.
    """
    _check_encoding(content)
    try:
        root = tree(content, LARGEST)
    except BadXml as wrong:
        raise DocumentRejected(wrong.rule, str(wrong)) from None
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        raise DocumentRejected("encoding", "the document does not say that it is in UTF-8")
    if root.tag not in {f"{{{namespace}}}PrivilegeList" for namespace in NAMESPACES.values()}:
        raise DocumentRejected("namespace", f"the root {root.tag} is not a PrivilegeList of the profile")
    if b"<!" in content or b"<?" in content.removeprefix(b"<?xml "):
        raise DocumentRejected("element", "comments, processing instructions and CDATA are not allowed")
    if any(not name.startswith(_XSI) for name in map(str, root.attrib)):
        raise DocumentRejected("attribute", "the root has an attribute that the profile does not")
    groups = tuple(_group(each) for each in _children(root, {"PrivilegeGroup"}))
    if not groups:
        raise DocumentRejected("no_group", "the list has no group; without rights no attribute is sent")
    return groups


def _check_encoding(content: bytes) -> None:
    """What libxml2 takes for UTF-16 or UTF-32 hides from whoever looks at the bytes. A byte order mark is not sent."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentRejected("encoding", "the document is not in UTF-8") from None
    if b"\0" in content or content.startswith(b"\xef\xbb\xbf"):
        raise DocumentRejected("encoding", "the document is not in plain UTF-8: it has zero bytes or a byte order mark")


def check_against(groups: Iterable[Group], own_cvr: str, roles: Iterable[KnownRole], units: Iterable[str]) -> None:
    """Compares a document of the form ``kombit`` with what a receiver knows.

    Raises:
        DocumentRejected: a scope, role, parameter, KLE number or unit that it does not know, or a parameter missing.
    """
    known = {(role.cvr, role.uri): role for role in roles}
    exported = frozenset(units)
    for group in groups:
        cvr = group.scope.removeprefix(SCOPE)
        role = known.get((cvr, group.privilege))
        if role is None:
            others = sorted(each for each, uri in known if uri == group.privilege)
            if others:
                raise DocumentRejected("scope", f"{group.privilege} is a role of {', '.join(others)}, not of {cvr}")
            raise DocumentRejected("role", f"{group.privilege} is not a known role")
        parameters = {} if cvr != own_cvr else role.parameters
        given = {each.name for each in group.constraints}
        for name in sorted(given ^ set(parameters)):
            state = "is not a parameter of" if name in given else "is missing at"
            raise DocumentRejected("parameter", f"{name} {state} {group.privilege}")
        for constraint in group.constraints:
            _check_values(constraint, parameters[constraint.name], exported)


def _check_values(constraint: Constraint, content: Content, exported: frozenset[str]) -> None:
    for value in constraint.values:
        if content == "kle" and not is_wire(value):
            raise DocumentRejected("value", f"{value} is not a KLE value: NN.*, NN.NN.*, NN.NN.NN or *")
        if content == "unit" and value not in exported:
            raise DocumentRejected("value", f"{value} is not a unit that was exported")


def _group(element: etree._Element) -> Group:
    if list(map(str, element.attrib)) != ["Scope"]:
        raise DocumentRejected("attribute", "a group has Scope and no other attribute")
    scope = str(element.attrib["Scope"])
    if not _SCOPE.fullmatch(scope):
        raise DocumentRejected("scope", f"the scope {scope!r} is not {SCOPE} and eight digits")
    children = _children(element, {"Privilege", "Constraint"})
    named = [_text(each) for each in children if each.tag == "Privilege"]
    if len(named) != 1:
        raise DocumentRejected("privilege", f"a group has one Privilege, not {len(named)}")
    if not named[0] or any(each.isspace() for each in named[0]) or NOT_IN_XML.search(named[0]):
        raise DocumentRejected("privilege", f"the privilege {named[0]!r} is blank, or has blanks")
    if children[0].tag != "Privilege" or children[0].attrib:
        raise DocumentRejected("privilege", "the Privilege comes first, without attributes")
    constraints = tuple(_constraint(each) for each in children[1:])
    twice = [name for name, times in Counter(each.name for each in constraints).items() if times > 1]
    if twice:
        raise DocumentRejected("constraint_twice", f"the constraint {twice[0]} occurs twice in a group")
    return Group(scope, named[0], constraints)


def _constraint(element: etree._Element) -> Constraint:
    if list(map(str, element.attrib)) != ["Name"] or not str(element.attrib["Name"]).strip():
        raise DocumentRejected("attribute", "a constraint has a Name and no other attribute")
    name = str(element.attrib["Name"])
    values = tuple(_text(element).split(","))
    if any(not each or each != each.strip() for each in values):
        raise DocumentRejected("blank", f"the constraint {name} is blank, or has a blank part or blanks around a value")
    if NOT_IN_XML.search(name) or any(NOT_IN_XML.search(each) for each in values):
        raise DocumentRejected("value", f"the constraint {name!r} has a control character or line break")
    return Constraint(name, values)


def _children(element: etree._Element, allowed: set[str]) -> list[etree._Element]:
    """The elements in it, with nothing but white space between them."""
    children = list(element)
    for each in children:
        if each.tag not in allowed:
            problem = "has a namespace" if each.tag.startswith("{") else "is not part of the profile"
            raise DocumentRejected("namespace" if "{" in each.tag else "element", f"the element {each.tag} {problem}")
    if any((text or "").strip() for text in (element.text, *(each.tail for each in children))):
        raise DocumentRejected("text", f"there is text between the elements of {element.tag}")
    return children


def _text(element: etree._Element) -> str:
    if len(element):
        raise DocumentRejected("element", f"{element.tag} may contain only text")
    return element.text or ""
