"""Values of properties, as ``setValue`` takes them."""

from collections.abc import Sequence

from api.model.filters import camel
from graph.errors import ChangeRejected
from graph.model import KINDS, Property
from graph.statements import normal_text
from graph.statements.statement import Value
from graph.statements.written_numbers import decimal, integer
from graph.time import written_day

_BY_MUTATION = {
    ("Grant", "approved_on"): "approveGrant",
    ("ConstraintSetting", "approved_on"): "approveUnlimited",
}
"""(kind, property) → the mutation of its own that sets it; a file may state it."""


def property_of(kind: str, name: str) -> Property:
    """Raises ChangeRejected (unknown_property)."""
    found = next((each for each in KINDS[kind].properties if each.name == name), None)
    if found is None:
        known = [camel(each.name) for each in KINDS[kind].properties if not each.own]
        text = f"{kind} has no property {camel(name)!r}; it has {', '.join(known)}"
        unknown = ChangeRejected("unknown_property", text, field=name)
        unknown.value, unknown.allowed, unknown.argument = camel(name), known, "property"
        raise unknown
    if found.own or (kind, name) in _BY_MUTATION:
        by = _BY_MUTATION.get((kind, name))
        text = "REConnect writes it itself" if by is None else f"{by} sets it"
        raise ChangeRejected("wrong_value", f"{name}: {text}", field=name)
    return found


def parsed(kind: str, name: str, value: str | None) -> Value | None:
    """A property's value from its text; None = no value. Raises ChangeRejected (unknown_property, wrong_value)."""
    found = property_of(kind, name)
    if value is None:
        if name == KINDS[kind].natural:
            raise ChangeRejected("wrong_value", f"{name}: it identifies a {kind} and can't be null", field=name)
        return None
    refuse_blank(name, value.replace("|", " ") if found.type == "texts" else value)
    try:
        match found.type:
            case "yes_no":
                return {"true": True, "false": False}[value]
            case "integer":
                return integer(value)
            case "decimal":
                return decimal(value)
            case "date":
                return written_day(value).isoformat()
            case "texts":
                return tuple(each.strip() for each in value.split("|"))
    except (KeyError, ValueError) as error:
        text = str(error) if found.type == "date" else f"{value!r} is not a {found.type}"
        raise ChangeRejected("wrong_value", f"{name}: {text}", field=name) from error
    return value if found.one_of is None else found.one_of.word_of(value)


def parsed_texts(kind: str, name: str, values: Sequence[str]) -> Value:
    """The value of a property that is a list of texts. Raises as ``parsed``."""
    found = property_of(kind, name)
    if found.type != "texts":
        raise ChangeRejected("wrong_value", f"{name}: it is one {found.type}; give it as value", field=name)
    if not values:
        raise ChangeRejected("wrong_value", f"{name}: no text is given; value: null clears it", field=name)
    for each in values:
        refuse_blank(name, each)
    return tuple(each.strip() for each in values)


def refuse_blank(name: str, value: str) -> None:
    """Raises ChangeRejected (wrong_value)."""
    if not normal_text.normal(value):
        raise ChangeRejected(
            "wrong_value", f"{name}: the value is blank; give null if it has no value, or omit it", field=name
        )
