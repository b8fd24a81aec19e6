"""A role that holds in a part of the organisation: what does not keep to the part is refused, over every door."""

import pytest

from api.access.places import PLACES, WHOLE
from api.access.rights import ROLES
from api.access.tokens import create, tokens
from api.computed.types import FIELDS
from api.model.types import PLURALS, RECORD_LISTS, TYPES
from tests.api.serving import Served

pytestmark = pytest.mark.slow


def test_a_limited_token_reads_its_part_and_is_refused_what_does_not_keep_to_it(small_service: Served) -> None:
    units = small_service.data("{ units { nodes { uuid name parent { uuid } } } }")["units"]["nodes"]
    top = next(each["uuid"] for each in units if each["parent"] is None)
    part = next(each["uuid"] for each in units if each["parent"] is not None)
    secret = create(small_service.driver, "nord", ROLES, within=[part])
    assert [each.within for each in tokens(small_service.driver) if each.name == "nord"] == [(part,)]

    def ask(query: str, token: str = secret) -> dict[str, object]:
        answer: dict[str, object] = small_service.post(query, token).json()
        return answer

    def code(query: str) -> object:
        return ask(query)["errors"][0]["extensions"]["code"]  # type: ignore[index]

    found = ask("{ units { totalCount nodes { uuid parent { uuid } } } }")["data"]["units"]  # type: ignore[index]
    assert [each["uuid"] for each in found["nodes"]] == [part]
    assert found["totalCount"] == 1
    assert found["nodes"][0]["parent"] is None
    (refused,) = ask(f'{{ units(filter: {{below: "{top}"}}) {{ totalCount }} }}')["errors"]  # type: ignore[misc]
    (unknown,) = ask('{ units(filter: {below: "nothing"}) { totalCount } }')["errors"]  # type: ignore[misc]
    assert refused["message"].replace(top, "nothing") == unknown["message"], "outside is as if it were not there"
    assert ask("{ me { name everywhere } }")["data"]["me"]["name"] == "nord"  # type: ignore[index]

    for name, type_ in {**PLURALS, **RECORD_LISTS}.items():
        refusal = ask(f"{{ {name}(first: 1) {{ nodes {{ {TYPES[type_].key} }} }} }}")
        assert ("errors" in refusal) == (PLACES[type_] == WHOLE), (name, refusal)
    for name, field in FIELDS.items():
        if not field.in_part:
            given = ", ".join(
                f"{each}: {_value(argument.type)}"
                for each, argument in field.arguments.items()
                if argument.type.endswith("!")
            )
            assert code(f"{{ {name}{f'({given})' if given else ''} {{ __typename }} }}") == "forbidden", name
    create_person = 'mutation { createPerson(name: "A", reason: "b") { uuid } }'
    assert code(create_person) == "forbidden"
    body = {"query": create_person, "extensions": {"preview": True}}
    preview = small_service.send(body, {"Authorization": f"Bearer {secret}"}).json()
    assert preview["errors"][0]["extensions"]["code"] == "forbidden"


def _value(type_: str) -> str:
    return {"Date!": '"2026-01-01"', "Kind!": "Unit", "RunKind!": "IMPORT"}.get(type_, '"x"')
