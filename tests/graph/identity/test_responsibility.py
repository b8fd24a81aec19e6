"""A responsibility is written kind:key; one rule and one text wherever it is read."""

import pytest

from graph.errors import Unknown
from graph.identity.lookup import responsibility_kind
from rules.roles import responsibility

REJECTED = "is not a responsibility; prefix it with kle:, system:, group: or function:"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kle:27.12", ("KleNode", "27.12")),
        ("system:opus", ("ItSystem", "opus")),
        ("group:a:b", ("SystemGroup", "a:b")),
        ("function:payroll", ("Function", "payroll")),
    ],
)
def test_prefix_names_the_kind(text: str, expected: tuple[str, str]) -> None:
    assert responsibility_kind(text) == expected
    assert (responsibility(text).kind, responsibility(text).key) == expected


@pytest.mark.parametrize("text", ["", "payroll", "role:manager", "kle:", "kle: ", ":27.12", "KLE:27.12"])
def test_every_reader_rejects_the_same_texts_in_the_same_words(text: str) -> None:
    with pytest.raises(Unknown, match=REJECTED):
        responsibility_kind(text)
    with pytest.raises(ValueError, match=REJECTED):
        responsibility(text)
