"""Strange images: refused with an error that is declared, or what is not strange in them is delivered all the same."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.errors import ImageError
from exporters.files.table import read, write
from exporters.plan2learn.image import organisation
from exporters.plan2learn.shape import shaped
from tests.exporters.plan2learn.andeby import AT
from tests.exporters.plan2learn.andeby import settings as settings_of

STRANGE: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.none(), max_size=1)
    | st.sampled_from(["=1+1", 'a";b', "Ł\n", "\0", "e2", "p2", "u1", "2026-03-02", "9999-12-31", "2026-02-30"])
)


def image() -> dict[str, Any]:
    """Two units, two employments of two people, a leader."""
    state: dict[str, Any] = dict.fromkeys(("title", "onLeave", "email", "emailHidden", "phone", "phoneHidden"), None)
    state |= {"from": "2020-01-01", "to": None, "institution": "899", "positionCode": "500", "fraction": 1.0}
    state |= {"type": "monthly_full", "typeName": "Månedslønnet"}
    person: dict[str, Any] = dict.fromkeys(("addressProtected", "workEmail", "workPhone", "mobile"), None)
    person |= {"from": "0001-01-01", "to": None}
    unit: dict[str, Any] = dict.fromkeys(("level", "street", "postalCode", "city", "parent"), None)
    return {
        "Units": [unit | {"uuid": f"u{n}", "name": f"Unit {n}", "number": str(n)} for n in (1, 2)],
        "Employments": [
            {
                "uuid": f"e{n}",
                "unit": {"uuid": f"u{n}"},
                "position": {"uuid": "pos", "title": "Pædagog"},
                "history": [state | {"number": str(n)}],
                "person": {"uuid": f"p{n}", "cpr": f"110157500{n}", "history": [person | {"name": f"Alma {n}"}]},
            }
            for n in (1, 2)
        ],
        "Positions": [{"code": "500", "institution": "899", "title": "Pædagog"}],
        "Leaders": [
            {"uuid": "a1", "unit": [{"uuid": "u1"}], "holder": {"uuid": "p1"}, "responsibilities": [{"title": "Løn"}]}
        ],
    }


def places(node: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) below."""
    found: list[tuple[Any, Any]] = []
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], dict | list):
            found += places(node[key])
    return found


@given(st.lists(st.tuples(st.integers(0, 1000), STRANGE), max_size=3))
@settings(max_examples=300)
def test_what_is_strange_in_one_employment_costs_no_other(changes: list[tuple[int, Any]]) -> None:
    """The first employment, with its person, is changed; the second is as ever."""
    asked = image()
    for place, value in changes:
        holder, key = (every := places(asked["Employments"][0]))[place % len(every)]
        holder[key] = value
    try:
        made = shaped(organisation(asked, AT), settings_of(), AT)
    except ImageError:
        return
    by_object = {each.object: each for each in made.files}
    assert "e2" in by_object["employment"].rows or asked["Employments"][0]["uuid"] == "e2"
    for each in made.files:
        rows = [(key, [row[column] for column in each.columns]) for key, row in each.rows.items()]
        content = write(settings_of().form, each.columns, rows).content
        assert len(read(settings_of().form, content)) == len(rows) + 1
