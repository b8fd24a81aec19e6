"""What a role contains at KOMBIT: as it is kept, and what of it nobody holds here."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.held import ConstraintType, IncludedRight, ItSystem, Level, Limit, LimitValue, SystemRole
from graph.questions.rights.kombit_content import ContentAtKombit, LimitAtKombit, beyond, content_of

SYSTEM = ItSystem("sys", "sys", "System")
KLE = ConstraintType("kle", "kle", "KLE", "urn:kle", "kle", "text")
UNIT = ConstraintType("unit", "unit", "Unit", "urn:unit", "unit", "text")
LABEL = ConstraintType("label", "label", "Label", "urn:label", "text", "single")
LEVELS = tuple(Level(name, value) for name, value in (("LOW", "l1"), ("MIDDLE", "l2"), ("HIGH", "l3")))
GRADE = ConstraintType("grade", "grade", "Grade", "urn:grade", "sensitivity", "multi", levels=LEVELS, cumulative=True)
PARAMETER = "urn:parameter"


def included(*limits: Limit, role: str = "read") -> IncludedRight:
    return IncludedRight(SystemRole(role, role, role, f"urn:{role}", SYSTEM), limits)


def limit(kind: ConstraintType, *values: str, parameter: str = "", **more: object) -> Limit:
    made = tuple(map(LimitValue, values))
    return Limit(kind, made, bool(parameter), parameter or None, **more)  # type: ignore[arg-type]


def at_kombit(*roles: str, kind: ConstraintType = KLE, limits: Sequence[LimitAtKombit] = ()) -> ContentAtKombit:
    """``limits``: none, or that of ``kind`` in the first role."""
    found = {(f"urn:{roles[0]}", kind.uri): each for each in limits}
    return ContentAtKombit(frozenset(f"urn:{each}" for each in roles), found)


_uris = st.text("abc:/.ø", min_size=1, max_size=8)
_values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(
    st.frozensets(_uris, max_size=3),
    st.dictionaries(st.tuples(_uris, _uris), st.tuples(_values, st.none() | _uris), max_size=4),
)
def test_it_is_read_as_it_is_kept(roles: frozenset[str], limits: dict[tuple[str, str], tuple[str, str | None]]) -> None:
    found = {place: LimitAtKombit(parameter=of) if of else LimitAtKombit(text) for place, (text, of) in limits.items()}
    content = ContentAtKombit(roles | {role for role, _ in limits}, found)
    assert content_of(content.lines()) == content
    assert content_of(reversed(content.lines())) == content


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ([], []),
        ([limit(KLE, "27.*")], [LimitAtKombit("27.24.*,27.30.01")]),
        ([limit(KLE, "27.*", parameter=PARAMETER)], [LimitAtKombit(parameter=PARAMETER)]),
        ([limit(KLE, "27.*", parameter=PARAMETER)], [LimitAtKombit("27.24.*")]),
        ([limit(KLE, "27.*", stated=("27", "32"))], [LimitAtKombit("27.*,32.*")]),  # 32 has been retired
        ([Limit(KLE, unlimited=True)], [LimitAtKombit("27.*")]),
        ([Limit(KLE, unlimited=True)], []),
        ([], [LimitAtKombit("27.*")]),
        ([limit(UNIT, "aa")], [LimitAtKombit("AA")]),
        ([limit(UNIT, "aa", stated=("AA", "BB"))], [LimitAtKombit("bb")]),  # it has closed
        ([limit(GRADE, "l1", "l2")], [LimitAtKombit("l2,l1")]),
        ([limit(GRADE, "l1", "l2")], [LimitAtKombit("LOW")]),
        ([limit(LABEL, "a, b")], [LimitAtKombit(" a, b ")]),
    ],
)
def test_the_same_or_less_at_kombit_is_nothing_beyond(here: list[Limit], there: list[LimitAtKombit]) -> None:
    kind = here[0].type if here else KLE
    assert beyond([included(*here)], at_kombit("read", kind=kind, limits=there)) is None


@pytest.mark.parametrize(
    ("here", "there", "text"),
    [
        ([limit(KLE, "27.24.*")], [LimitAtKombit("27.*,27.24.03")], "KLE of read is 27.* at KOMBIT, which is more"),
        ([limit(KLE, "27.*")], [LimitAtKombit("*")], "KLE of read is * at KOMBIT"),
        ([limit(KLE, "27.*")], [LimitAtKombit("270")], "270 at KOMBIT"),
        ([limit(KLE, "27.*")], [], "KLE of read is limited here, and not at KOMBIT"),
        ([limit(KLE, "27.*")], [LimitAtKombit(" , ")], "limited here, and not at KOMBIT"),
        (
            [limit(KLE, "27.*", parameter=PARAMETER)],
            [LimitAtKombit(parameter="urn:other")],
            "waits for it as urn:other",
        ),
        ([limit(KLE, "27.*", parameter=PARAMETER)], [LimitAtKombit("32.*")], "32.* at KOMBIT"),
        ([limit(KLE, "27.*")], [LimitAtKombit(parameter=PARAMETER)], f"waits for it as {PARAMETER}"),
        ([Limit(KLE, unlimited=True)], [LimitAtKombit(parameter=PARAMETER)], "is not limited here, and KOMBIT waits"),
        ([], [LimitAtKombit(parameter=PARAMETER)], "urn:kle of read is not limited here, and KOMBIT waits"),
        ([limit(UNIT, "aa")], [LimitAtKombit("aa,bb")], "Unit of read is bb at KOMBIT"),
        ([limit(GRADE, "l1", "l2")], [LimitAtKombit("l1,l2,l3")], "Grade of read is l3 at KOMBIT"),
        ([limit(GRADE, "l1")], [LimitAtKombit("unheard of")], "unheard of at KOMBIT"),
        ([limit(LABEL, "a")], [LimitAtKombit("a, b")], "Label of read is a, b at KOMBIT"),
    ],
)
def test_more_at_kombit_is_named(here: list[Limit], there: list[LimitAtKombit], text: str) -> None:
    kind = here[0].type if here else KLE
    found = beyond([included(*here)], at_kombit("read", kind=kind, limits=there))
    assert found is not None and text in found.text
    assert found.type == (kind if here else None)


def test_a_system_role_that_only_kombit_includes_is_more_and_one_that_it_lacks_is_less() -> None:
    both = [included(), included(role="note")]
    found = beyond(both[:1], at_kombit("read", "note", "pay"))
    assert found is not None and found.text == "at KOMBIT it also includes urn:note, urn:pay"
    assert beyond(both, at_kombit("read")) is None
    assert beyond(both, at_kombit()) is None
