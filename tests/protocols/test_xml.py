"""XML of others: what is refused whatever it means (protocols/xml.py)."""

import io

import pytest

from protocols.xml import BadXml, drop, local, stream, tree

LARGEST = 10_000
BOMB = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">',
        *(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10)),
        b"]><a>&e9;</a>",
    )
)


def refused(content, largest=LARGEST):
    with pytest.raises(BadXml) as tree_says:
        tree(content, largest)
    with pytest.raises(BadXml) as stream_says:
        for _ in stream(io.BytesIO(content), events=("start", "end")):
            pass
    assert tree_says.value.rule == stream_says.value.rule
    return tree_says.value.rule


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><a/>',
        b"<!DOCTYPE a><a/>",
    ],
)
def test_document_type_is_refused(content):
    assert refused(content) == "document_type"


def test_entities_in_attributes_do_not_grow():
    bomb = b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 10_000 + b'"><!ENTITY f "' + b"&e;" * 9_000 + b'">]><a b="&f;"/>'
    with pytest.raises(BadXml):
        tree(bomb, len(bomb))


@pytest.mark.parametrize(
    "content", [b"", b"  ", b"<a><b></a>", b"<a><b>", b"no xml", b"<a>&nbsp;</a>", b"<p:a/>", b"\xff\xfe<", b"<a/><b/>"]
)
def test_what_is_not_well_formed_is_refused(content):
    assert refused(content) == "not_well_formed"


def test_unknown_encoding_is_refused():
    assert refused(b'<?xml version="1.0" encoding="no-such"?><a/>') == "not_well_formed"


def test_depth_is_bounded():
    assert refused(b"<a>" * 300 + b"</a>" * 300) == "not_well_formed"
    assert tree(b"<a>" * 200 + b"</a>" * 200, LARGEST).tag == "a"


def test_size_of_a_tree_is_bounded():
    with pytest.raises(BadXml) as says:
        tree(b"<a>" + b"x" * 100 + b"</a>", 100)
    assert says.value.rule == "too_large"


def test_size_of_a_stream_is_bounded_where_the_caller_says_so():
    content = b"<a>" + b"<b/>" * 100_000 + b"</a>"
    assert sum(1 for _ in stream(io.BytesIO(content), largest=len(content))) == 100_001
    with pytest.raises(BadXml) as says:
        for _ in stream(io.BytesIO(content), largest=len(content) - 1):
            pass
    assert says.value.rule == "too_large"


def test_error_says_where_and_quotes_no_content():
    with pytest.raises(BadXml) as says:
        tree(b"<a>\n<secret>0102031234</secret>\n<b></a>", LARGEST)
    assert says.value.line == 3
    assert "0102031234" not in str(says.value)


def test_encodings_namespaces_and_byte_order_mark():
    assert tree("\ufeff<a>ø</a>".encode(), LARGEST).text == "ø"
    assert tree("<?xml version='1.0' encoding='ISO-8859-1'?><a>ø</a>".encode("latin-1"), LARGEST).text == "ø"
    assert local(tree(b'<x:a xmlns:x="urn:x"/>', LARGEST)) == "a"


def test_stream_in_bounded_memory():
    content = b"<all>" + b"<one><name>n</name></one>" * 50_000 + b"</all>"
    left, names = 0, 0
    for _, element in stream(io.BytesIO(content), tags=("one",)):
        names += element[0].text == "n"
        drop(element)
        left = max(left, len(element.getparent()))
    assert names == 50_000
    assert left < 2_000  # what the parser has read ahead
