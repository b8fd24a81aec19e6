"""What is true of every OIO-BPP document, over generated rights."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.held import HeldRight
from graph.questions.rights.kle import covers
from idp.claims.oio_bpp_reader import read
from tests.idp.claims.rights import LEVELS, TYPES, document, limit, parsed, right

_KLE = st.sampled_from(["27.*", "27.24.*", "27.24.03", "27.24.04", "32.*", "32.03.*", "15.20.*", "15.21.*"])
_UNIT = st.integers(1, 5).map(lambda number: f"10000000-0000-4000-8000-{number:012}")


@st.composite
def rights(draw: st.DrawFn) -> HeldRight:
    """One of a few roles with some of four constraints; now and then one of them is empty."""
    parameter = "http://solbjerg.example/{}/1/parametric".format
    limits = [limit("kle", draw(st.lists(_KLE, max_size=3)), parameter("kle"))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        limits.append(limit("unit", draw(st.lists(_UNIT, min_size=1, max_size=3)), parameter("unit")))
    if draw(st.booleans()):
        limits.append(limit("sensitivity", LEVELS[: draw(st.integers(1, 4))], parameter("sens")))
    if draw(st.booleans()):
        limits.append(limit("grade", [draw(st.sampled_from("123"))], parameter("grade")))
    name = draw(st.sampled_from(["caseworker", "breve_æ&ø"]))
    return right(name, *limits, employment=draw(st.sampled_from(["e1", "e2", "e3"])))


Cell = tuple[str, str, tuple[tuple[str, str], ...]]
_ATOMS = ["27.24.03", "27.24.04", "27.24.05", "27.01.01", "32.03.01", "32.04.01", "15.20.01", "15.21.01"]


def meant(xml: str | None) -> set[Cell]:
    """Everything that a document allows, one cell for each combination of single values: groups or-ed, constraints
    and-ed, values or-ed. A higher grade includes the lower ones, a KLE number the subjects below it."""
    found: set[Cell] = set()
    for scope, (privilege,), constraints in parsed(xml) if xml else []:
        dimensions = [[(name, value) for value in _single(name, text)] for name, text in constraints]
        found |= {(scope, privilege, cell) for cell in product(*dimensions)}
    return found


def _single(name: str, text: str) -> list[str]:
    values = text.split(",")
    if "/kle/" in name:
        return [atom for atom in _ATOMS if any(covers(each, atom) for each in values)]
    if "/grade/" in name:
        return [each for each in "123" if each <= max(values)]
    return values


@given(st.lists(rights(), max_size=6), st.randoms())
def test_the_order_of_employments_and_grants_changes_nothing(held: list[HeldRight], random: object) -> None:
    shuffled = list(held)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert document(*held).xml == document(*shuffled).xml == document(*held, *held).xml


@given(st.lists(rights(), max_size=6))
def test_merging_neither_widens_nor_narrows(held: list[HeldRight]) -> None:
    alone = set().union(*(meant(document(each).xml) for each in held))
    assert meant(document(*held).xml) == alone


@given(st.lists(rights(), max_size=5), rights())
def test_a_further_grant_takes_nothing_away(held: list[HeldRight], further: HeldRight) -> None:
    assert meant(document(*held).xml) <= meant(document(*held, further).xml)


@given(st.lists(rights(), max_size=5))
def test_every_document_is_read_back_as_it_was_meant(held: list[HeldRight]) -> None:
    made = document(*held)
    if made.encoded is None:
        assert all(any(not each.values for each in one.included[0].limits) for one in held)
        return
    assert read(made.encoded) == made.groups
    groups = parsed(made.xml or "")
    assert groups == sorted(groups, key=lambda group: (group[0], group[1], [(n, v.split(",")) for n, v in group[2]]))
    for _, privileges, constraints in groups:
        assert len(privileges) == 1
        assert [name for name, _ in constraints] == sorted({name for name, _ in constraints})
        assert all(text and all(part and part == part.strip() for part in text.split(",")) for _, text in constraints)


@given(st.lists(rights(), max_size=5))
def test_whatever_has_an_empty_limit_is_left_out_and_named(held: list[HeldRight]) -> None:
    empty = [each for each in held if any(not limit.values for limit in each.included[0].limits)]
    made = document(*held)
    assert [(each.right, each.subject, each.constraint) for each in made.omitted] == [
        (each.right, each.subject, TYPES["kle"]) for each in empty
    ]


@given(st.lists(rights(), max_size=5), st.data())
def test_taking_a_kle_number_away_never_adds_a_value(held: list[HeldRight], data: st.DataObject) -> None:
    number = data.draw(_KLE)
    less = [
        right(
            each.right.key,
            *(
                limit(one.type.key, [value for value in one.wire if value != number], one.parameter)
                for one in each.included[0].limits
            ),
            employment=each.subject.uuid,
        )
        for each in held
    ]
    assert meant(document(*less).xml) <= meant(document(*held).xml)
