"""``settingsInForce``: what the operator has set, and where each setting comes from. The program knows
(``Resources.operated``)."""

from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type

READ_BY = frozenset({"operations", "auditor"})


def _answer(request: Request) -> list[Answer]:
    return [
        {"name": name, "value": value, "origin": origin}
        for name, value, origin in request.resources.operated.settings()
    ]


FIELD = ComputedField(
    "settingsInForce",
    "Every setting with which this service runs, in the order of the documentation; secrets are masked",
    (
        answer_type(
            "SettingInForce",
            "A setting of the service",
            Plain("name", "String!", "Its name, as the settings file has it, such as api.budget"),
            Plain("value", "String!", "Its value; of a secret only that it is set"),
            Plain("origin", "String!", "Where it comes from: a file, a variable of the environment, or default"),
        ),
    ),
    READ_BY,
    _answer,
    whole="settings are about the whole service",
)
