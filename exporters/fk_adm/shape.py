"""Makes FK-adm's roles from the image. Pure: only this module knows the form of image.graphql's answers.

A role has its URI, name and description, and a field for each system role that it includes, named by its URI. That
field is a list: ``<type's URI> = <values>`` for a fixed limit, ``<type's URI> @ <parameter>`` for one whose values come
with each login, both as FK-adm has them (kombit_access.md §1.2).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporters.errors import ImageError
from exporters.fk_adm.settings import FkAdmSettings
from exporters.objects.target import Objects, Value, Wanted
from exporters.target import Image, Parked
from graph.model.organisation import ENVIRONMENTS
from graph.model.rights import CONTENTS, FORMS
from graph.questions.rights.building import constraint_type
from graph.questions.rights.derive import place_of, up_to
from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kle import NotKle, collapse

Node = Mapping[str, Any]
NAME, DESCRIPTION, URI = "navn", "beskrivelse", "entityId"
UNLIMITED = "no limits"
"""In place of limits, in a system role that is not limited: a field without a value would be left out."""
LONGEST_DESCRIPTION = 200


class _NotDeliverable(Exception):
    """Why a role can't be written. ``problem``: the rule's name."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


def shaped(image: Image, settings: FkAdmSettings) -> Objects:
    """Raises ImageError if an answer does not match image.graphql."""
    objects = Objects([])
    try:
        stated = _Stated.of(image)
        for role in sorted(image["Roles"], key=lambda each: str(each["uuid"])):
            try:
                wanted = _wanted(role, stated, settings)
            except _NotDeliverable as why:
                title = _text(role["title"]) or role["uuid"]
                objects.parked.append(Parked("role", role["uuid"], why.problem, f"{title}: {why}"))
                continue
            if wanted is not None:
                objects.wanted.append(wanted)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ImageError(f"The image lacks what FK-adm's shape needs: {error!r}") from error
    return objects


@dataclass(frozen=True, slots=True)
class _Stated:
    """The image by uuid. ``settings``: by the role that they belong to."""

    system_roles: Mapping[str, Node]
    types: Mapping[str, Node]
    settings: Mapping[str, Sequence[Node]]

    @classmethod
    def of(cls, image: Image) -> "_Stated":
        settings: dict[str, list[Node]] = {}
        for each in sorted(image["Settings"], key=lambda one: str(one["uuid"])):
            if each["of"]:  # otherwise a grant's, which KOMBIT has no place for
                settings.setdefault(each["of"]["uuid"], []).append(each)
        system_roles = {each["uuid"]: each for each in image["SystemRoles"]}
        return cls(system_roles, {each["uuid"]: _type(each) for each in image["Types"]}, settings)


def _type(node: Node) -> Node:
    """With the words of the model, for which the API has names of enums."""
    content, form = _text(node["content"]), _text(node["form"])
    return {**node, "content": CONTENTS.word_of(content), "form": FORMS.word_of(form)}


def _wanted(role: Node, stated: _Stated, settings: FkAdmSettings) -> Wanted | None:
    """None: it is not for KOMBIT. Raises _NotDeliverable."""
    named = (stated.system_roles.get(each["uuid"]) for each in role["includes"] if each)
    included = [each for each in named if each is not None]
    at_kombit = [each for each in included if _is_at_kombit(each["system"], settings)]
    if not at_kombit or _text(role["delegatedFromCvr"]):
        return None
    if len(at_kombit) < len(included):
        others = ", ".join(sorted(_text(each["title"]) for each in included if each not in at_kombit))
        raise _NotDeliverable(
            "spans", f"it also includes {others}, which KOMBIT does not have: make it a role of its own"
        )
    uri, description = _text(role["uri"]), _text(role["description"])
    if not uri or any(each.isspace() for each in uri):
        raise _NotDeliverable("no_uri", "it has no URI by which KOMBIT could know it")
    if len(description) > LONGEST_DESCRIPTION:
        text = f"its description has {len(description)} characters; KOMBIT takes {LONGEST_DESCRIPTION}"
        raise _NotDeliverable("description_too_long", text)
    values: dict[str, Value] = {URI: uri, NAME: _text(role["title"]) or uri, DESCRIPTION: description}
    for each in at_kombit:
        of, field = _text(each["title"]), _text(each["uri"])
        if not field or any(one.isspace() for one in field):
            raise _NotDeliverable("no_uri", f"{of} has no URI")
        values[field] = sorted(_limits(role, each, stated)) or [UNLIMITED]
    return Wanted("role", str(role["uuid"]), values)


def _is_at_kombit(system: Node | None, settings: FkAdmSettings) -> bool:
    """FK-adm's source says of which environment each of its systems is; others have none."""
    if system is None or ENVIRONMENTS.word_of(_text(system["environment"])) != settings.environment:
        return False
    return not settings.systems or system["key"] in settings.systems


def _limits(role: Node, system_role: Node, stated: _Stated) -> Iterator[str]:
    """What is set within a system role goes before what is set for all that the role includes."""
    taken = {each["uuid"] for each in (*system_role["requiredTypes"], *system_role["optionalTypes"])}
    found: dict[str, list[Node]] = {}
    for each in stated.settings.get(role["uuid"], ()):
        if each["type"] is None or each["type"]["uuid"] not in stated.types:
            raise _NotDeliverable("type_ended", "a constraint type that limits it has ended; set another limit")
        if each["type"]["uuid"] in taken:
            within = None if each["systemRole"] is None else each["systemRole"]["uuid"]
            if within in (None, system_role["uuid"]):
                found.setdefault(each["type"]["uuid"], []).append(each)
    for uuid, several in found.items():
        own = [each for each in several if each["systemRole"] is not None] or several
        kind = constraint_type(uuid, stated.types[uuid])
        where = f"{kind.title or kind.key} of {_text(system_role['title'])}"
        if len(own) > 1:
            raise _NotDeliverable("twice", f"{where} is set twice; end one of the two")
        (setting,) = own
        if setting["unlimited"]:
            continue
        if not kind.uri or any(each.isspace() for each in kind.uri):
            raise _NotDeliverable("no_uri", f"{where}: the type has no URI")
        yield _limit(setting, kind, where)


def _limit(setting: Node, kind: ConstraintType, where: str) -> str:
    fixed, parameter = [_text(each) for each in setting["fixed"] or ()], _text(setting["parameter"])
    if not fixed:
        if not parameter:
            text = "has no parameter under which a login could send it" if setting["derived"] else "is set to nothing"
            raise _NotDeliverable("no_parameter" if setting["derived"] else "empty", f"{where} {text}")
        return f"{kind.uri} @ {parameter}"
    out = {_text(each["uuid"]).lower() for each in setting["excludedUnits"]}
    values = _wire(kind, [each for each in fixed if each.lower() not in out], where)
    if not values:
        raise _NotDeliverable("empty", f"{where} comes to nothing")
    return f"{kind.uri} = {','.join(values)}"


def _wire(kind: ConstraintType, fixed: Sequence[str], where: str) -> Sequence[str]:
    """Fixed values as systems compare with them. Raises _NotDeliverable."""
    if kind.content == "kle":
        try:
            return collapse(fixed)
        except NotKle as wrong:
            raise _NotDeliverable("invalid_value", f"{where}: {wrong}") from wrong
    if kind.levels:
        places = [place_of(kind, each) for each in fixed]
        known = [each for each in places if each is not None]
        if len(known) < len(fixed):
            labels = ", ".join(each.label for each in kind.levels)
            raise _NotDeliverable("invalid_value", f"{where}: {', '.join(fixed)} is not one of {labels}")
        return up_to(kind, max(known)) if known else ()
    if kind.content in ("unit", "payout"):
        return sorted({each.lower() for each in fixed})
    return sorted(set(fixed))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
