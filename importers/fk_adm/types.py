"""What FK-adm's constraint types mean here: content, form, levels."""

import re

from graph.questions.rights.held import ConstraintType, Content, Level
from importers.fk_adm.answers import Type

_KNOWN = re.compile(r"http://sts\.kombit\.dk/constraints/([A-Za-z]+)/[0-9]+")
_CONTENTS: dict[str, Content] = {  # compared exactly: KLE is not kle
    "KLE": "kle",
    "orgenhed": "unit",
    "foelsomhed": "sensitivity",
    "itsystem": "itsystem",
}
LEVELS = (
    Level("IKKE_FORTROLIGE_DATA", "1d81c472-0808-44cc-963d-f5ef0170ae1d"),
    Level("FORTROLIGE_PERSONOPLYSNINGER", "292e85a9-8ad4-46df-9e50-f97d6837ad74"),
    Level("FOELSOMME_PERSONOPLYSNINGER", "31c09910-e011-46a5-86fb-254374421fe8"),
    Level("SAERLIGT_BESKYTTEDE", "44f4108b-26d4-46de-a90f-35e35b55b8d8"),
)
"""Of sensitivity, by the UUIDs of the classes: their titles differ between KOMBIT's lists (pitfall 37)."""


def meant(type_: Type, key: str = "") -> ConstraintType:
    """The constraint type that FK-adm describes."""
    known = _KNOWN.fullmatch(type_.uri)
    content = _CONTENTS.get(known[1], _content(type_)) if known else _content(type_)
    listed = {value for value, _ in type_.values}
    levels = tuple(each for each in LEVELS if not listed or each.value in listed) if content == "sensitivity" else ()
    return ConstraintType(
        uuid=type_.uuid,
        key=key or type_.uri,
        title=type_.title,
        uri=type_.uri,
        content=content,
        form=type_.form,
        pattern=type_.pattern or None,
        values=type_.values,
        levels=levels,
        cumulative=bool(levels) and type_.form == "multi",
        common=type_.common,
    )


def _content(type_: Type) -> Content:
    if type_.of_systems:
        return "itsystem"
    return "text" if type_.form == "text" else "other"
