"""The HTTP bindings of SAML: how a message is carried, in a query (Redirect) or in a form (POST).

What comes in is bounded before it is decoded, and inflated in bounded memory. A signature of the Redirect binding
covers the octets of the query as they came: each parameter is read from there, once, and duplicates are refused.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote_plus, unquote_to_bytes

from idp.saml.errors import BadMessage

LARGEST_MESSAGE = 256 * 1024  # bytes of XML; a request has one or two thousand, with certificates perhaps 10,000
LARGEST_QUERY = 64 * 1024
LARGEST_RELAY_STATE = 1024  # the standard says 80 bytes; ADFS and others send more

Kind = Literal["SAMLRequest", "SAMLResponse"]
_OF_THE_BINDING = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding")
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True, slots=True)
class QuerySignature:
    """The signature of a query. ``signed``: the octets that it covers."""

    signed: bytes
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Carried:
    """A message as it came. ``signature``: that of the query; a form has its signature in the XML."""

    kind: Kind
    xml: bytes
    relay_state: str | None
    binding: Literal["redirect", "post"]
    signature: QuerySignature | None = None


def from_query(query: bytes) -> Carried:
    """The message of a Redirect. ``query``: the raw query string. Raises BadMessage."""
    if len(query) > LARGEST_QUERY:
        raise BadMessage("too_large", "The request is too long.")
    raw: dict[str, bytes] = {}
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        decoded = _decoded_name(name)
        if decoded not in _OF_THE_BINDING:
            continue
        if decoded in raw or decoded.encode() != name:
            raise BadMessage("duplicate_parameter", f"The request has {decoded} more than once, or oddly written.")
        raw[decoded] = value
    kind = _kind(raw)
    if "SAMLEncoding" in raw and _text(raw["SAMLEncoding"]) != _DEFLATE:
        raise BadMessage("encoding", "The request has an encoding that is not supported.")
    relay_state = _relay_state(_text(raw["RelayState"])) if "RelayState" in raw else None
    xml = inflated(_base64(_octets(raw[kind])))
    return Carried(kind, xml, relay_state, "redirect", _query_signature(raw, kind))


def from_form(fields: Mapping[str, list[str]]) -> Carried:
    """The message of a POST. Some peers deflate it although only a query should be. Raises BadMessage."""
    for name in ("SAMLRequest", "SAMLResponse", "RelayState"):
        if len(fields.get(name, [])) > 1:
            raise BadMessage("duplicate_parameter", f"The form has {name} more than once.")
    kind = _kind(fields)
    given = fields[kind][0]
    if len(given) > LARGEST_MESSAGE * 2:
        raise BadMessage("too_large", "The message is too long.")
    content = _base64(given.encode("utf-8", "replace"))
    xml = content if content.lstrip()[:1] == b"<" or content[:3] == b"\xef\xbb\xbf" else inflated(content)
    if len(xml) > LARGEST_MESSAGE:
        raise BadMessage("too_large", "The message is too long.")
    relay_state = _relay_state(fields["RelayState"][0]) if fields.get("RelayState") else None
    return Carried(kind, xml, relay_state, "post")


def inflated(content: bytes) -> bytes:
    """Raw deflate, undone up to the largest message. Raises BadMessage before more is made."""
    machine = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        xml = machine.decompress(content, LARGEST_MESSAGE + 1)
    except zlib.error as wrong:
        raise BadMessage("not_deflated", "The message can't be decompressed.") from wrong
    if len(xml) > LARGEST_MESSAGE:
        raise BadMessage("too_large", "The message is too long.")
    if not machine.eof or machine.unused_data:
        raise BadMessage("not_deflated", "The message is cut off, or followed by something else.")
    return xml


def redirect_to(
    location: str,
    kind: Kind,
    xml: bytes,
    relay_state: str | None,
    algorithm: str,
    sign: Callable[[bytes], bytes],
) -> str:
    """The address that carries a signed message in its query."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = machine.compress(xml) + machine.flush()
    parts = [f"{kind}={quote_plus(base64.b64encode(packed))}"]
    if relay_state is not None:
        parts.append(f"RelayState={quote_plus(relay_state)}")
    parts.append(f"SigAlg={quote_plus(algorithm)}")
    signed = "&".join(parts)
    signature = quote_plus(base64.b64encode(sign(signed.encode("ascii"))))
    return f"{location}{'&' if '?' in location else '?'}{signed}&Signature={signature}"


def _query_signature(raw: Mapping[str, bytes], kind: str) -> QuerySignature | None:
    if "Signature" not in raw and "SigAlg" not in raw:
        return None
    if "Signature" not in raw or "SigAlg" not in raw:
        raise BadMessage("signature", "The request is only half signed.")
    # Whatever order the parameters came in, the signature covers them in this one (SAML bindings 3.4.4.1).
    signed = b"&".join(name.encode() + b"=" + raw[name] for name in (kind, "RelayState", "SigAlg") if name in raw)
    return QuerySignature(signed, _text(raw["SigAlg"]), _base64(_octets(raw["Signature"])))


def _kind(given: Mapping[str, object]) -> Kind:
    if "SAMLRequest" in given and "SAMLResponse" in given:
        raise BadMessage("duplicate_parameter", "The message is a request and a response at once.")
    if "SAMLRequest" in given:
        return "SAMLRequest"
    if "SAMLResponse" in given:
        return "SAMLResponse"
    raise BadMessage("no_message", "This address takes SAML messages only, and there is none in the request.")


def _decoded_name(name: bytes) -> str:
    return unquote_to_bytes(name.replace(b"+", b" ")).decode("utf-8", "replace")


def _octets(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _text(raw: bytes) -> str:
    try:
        return _octets(raw).decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise BadMessage("encoding", "The request has text that is not UTF-8.") from wrong


def _base64(text: bytes) -> bytes:
    """A plus that arrived as a blank is a plus; line breaks are allowed, anything else is not."""
    compact = b"".join(text.replace(b" ", b"+").split())
    if not _BASE64.fullmatch(compact):
        raise BadMessage("not_base64", "The message is not Base64.")
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error as wrong:
        raise BadMessage("not_base64", "The message is not Base64.") from wrong


def _relay_state(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > LARGEST_RELAY_STATE:
        raise BadMessage("relay_state", "RelayState is too long.")
    return text
