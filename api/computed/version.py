"""``version``: the version of the program."""

from importlib.metadata import version

from api.access.roles import ANYONE
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type


def _answer(request: Request) -> list[Answer]:
    rows, _, _ = request.driver.execute_query("MATCH (m:Migration) RETURN max(m.name) AS migration")
    return [{"number": version("reconnect"), "migration": rows[0]["migration"]}]


FIELD = ComputedField(
    "version",
    "The version of REConnect",
    (
        answer_type(
            "Version",
            "A version of REConnect and of its graph",
            Plain("number", "String!", "The version, by semver.org"),
            Plain("migration", "String", "The last migration that the graph has had"),
        ),
    ),
    ANYONE,
    _answer,
    many=False,
    in_part=True,
)
