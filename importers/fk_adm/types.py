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


def meant(told: Type, key: str = "") -> ConstraintType:
    """The constraint type that FK-adm describes."""
    known = _KNOWN.fullmatch(told.uri)
    content = _CONTENTS.get(known[1], _content(told)) if known else _content(told)
    listed = {value for value, _ in told.values}
    levels = tuple(each for each in LEVELS if not listed or each.value in listed) if content == "sensitivity" else ()
    return ConstraintType(
        uuid=told.uuid,
        key=key or told.uri,
        title=told.title,
        uri=told.uri,
        content=content,
        form=told.form,
        pattern=told.pattern or None,
        values=told.values,
        levels=levels,
        cumulative=bool(levels) and told.form == "multi",
        common=told.common,
    )


def _content(told: Type) -> Content:
    if told.of_systems:
        return "itsystem"
    return "text" if told.form == "text" else "other"
