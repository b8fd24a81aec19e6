"""CPR's answers as XML: what is refused whatever it means (cpr.md §3), and that no refusal quotes a number."""

import pytest

from importers.cpr import soap
from importers.cpr.errors import NoAnswer
from tests.importers.cpr.register import ALMA

BODY = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><a>{ALMA}</a></e:Body></e:Envelope>'
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


def refused(content: str) -> str:
    """The rule by which it is refused."""
    with pytest.raises(NoAnswer) as says:
        soap.parsed(content.encode())
    assert ALMA not in str(says.value)
    return says.value.code


def test_an_answer_as_it_should_be_is_read() -> None:
    assert soap.parsed(BODY.encode())[0][0].text == ALMA


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        f'<!DOCTYPE a [<!ENTITY e0 "ha">{BOMB}]>',
    ],
    ids=["empty", "external", "entity", "parameter", "billion_laughs"],
)
def test_a_document_type_is_refused_and_nothing_is_fetched(declared: str) -> None:
    assert refused(declared + BODY) == "document_type"
    assert refused(declared + BODY.replace(ALMA, f"{ALMA}&e;")) == "document_type"


def test_absurd_depth_is_refused() -> None:
    assert refused(BODY.replace(ALMA, "<a>" * 300 + ALMA + "</a>" * 300)) == "not_well_formed"


def test_an_answer_of_absurd_size_is_refused() -> None:
    assert refused(BODY.replace(ALMA, ALMA * (soap.LARGEST // 10))) == "too_large"


@pytest.mark.parametrize("content", ["", ALMA, BODY[:-4], BODY.replace("xmlns:e", "xmlns:f"), BODY + BODY])
def test_what_is_not_well_formed_is_refused(content: str) -> None:
    assert refused(content) == "not_well_formed"
