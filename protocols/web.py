"""Answers over HTTP, read within limits for the sent and for the unpacked bytes.

httpx unpacks every format it knows, however large the result; here an answer is unpacked piece by piece and abandoned
if it is too large. The error of one that breaks off states how many bytes came, and of how many.
"""

import ssl
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO

import httpx

HEADERS: Mapping[str, str] = {"Accept-Encoding": "gzip"}
"""The accepted encodings: only those that are unpacked here."""
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 1 << 16
_BROKE_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class TooLarge(ValueError):
    """The answer has more bytes than are allowed."""


class BrokenOff(httpx.ReadError):
    """The answer broke off; the text states how many bytes came, and of how many."""


def pieces(answer: httpx.Response, largest: int) -> Iterator[bytes]:
    """The content of a streamed answer, unpacked, of at most ``largest`` bytes.

    Raises TooLarge, and httpx.HTTPError if it breaks off, or has another encoding.
    """
    packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", ""):
        raise httpx.DecodingError(f"the answer is packed as {packed[:20]!r}, which was not requested")
    unpacking = zlib.decompressobj(_GZIP) if packed == "gzip" else None
    size = 0
    for raw in _received(answer):
        for piece in (raw,) if unpacking is None else _unpacked(unpacking, raw):
            size += len(piece)
            if size > largest:
                raise TooLarge(f"more than {largest} bytes")
            yield piece
    if unpacking is not None and not unpacking.eof:
        raise BrokenOff("the packed answer is cut off")


def content(answer: httpx.Response, largest: int) -> bytes:
    """The whole content. Raises as ``pieces``."""
    return b"".join(pieces(answer, largest))


def spooled(answer: httpx.Response, largest: int, in_memory: int) -> IO[bytes]:
    """The whole content, positioned at its beginning; in an unnamed file if it has more than ``in_memory`` bytes. The
    reader closes it. Raises as ``pieces``."""
    body: IO[bytes] = tempfile.SpooledTemporaryFile(in_memory)  # noqa: SIM115 - the caller closes it
    try:
        for piece in pieces(answer, largest):
            body.write(piece)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def is_about_tls(error: BaseException) -> bool:
    """Whether a connection failed because of one of the two certificates, or something else that TLS does not accept;
    not if it only broke off."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None and not isinstance(cause, _BROKE_OFF)


def _received(answer: httpx.Response) -> Iterator[bytes]:
    came = 0
    total = answer.headers.get("Content-Length", "an unknown number of")
    try:
        for raw in answer.iter_raw():
            came += len(raw)
            yield raw
    except httpx.TransportError as failure:
        raise BrokenOff(f"{came} of {total} bytes came, then {type(failure).__name__}") from failure


def _unpacked(unpacking: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    try:
        while raw and not unpacking.eof:
            yield unpacking.decompress(raw, _PIECE)
            raw = unpacking.unconsumed_tail
    except zlib.error as wrong:
        raise httpx.DecodingError(f"the packed answer is damaged: {wrong}") from wrong
