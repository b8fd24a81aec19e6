"""``accessibility``: where the statement on the accessibility of the pages is, and who answers for it.

Lov om tilgængelighed af offentlige organers websteder og mobilapplikationer § 4, and bekendtgørelse 904 of 22 August
2019: the statement is written in the WAS-Tool of Digitaliseringsstyrelsen and names a telephone and an address in
writing.
"""

from api.access.roles import ANYONE, PERSON
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type


def _answer(request: Request) -> list[Answer]:
    stated = request.resources.operated.accessibility
    return [{"statement": stated.statement, "email": stated.email, "phone": stated.phone}]


FIELD = ComputedField(
    "accessibility",
    "Where the statement on the accessibility of the pages is, and who answers for it",
    (
        answer_type(
            "Accessibility",
            "The statement on the accessibility of the pages, as the operator has set it",
            Plain("statement", "String", "Its address; null = not stated yet"),
            Plain("email", "String", "Where people write about what they can't use"),
            Plain("phone", "String", "Where people call about what they can't use"),
        ),
    ),
    ANYONE | {PERSON},
    _answer,
    many=False,
    in_part=True,
)
