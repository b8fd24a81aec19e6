"""A server's names of a content's version, so that an unchanged one is not sent again (RFC 9110 §13)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validators:
    """``etag``, ``modified``: as the server sends them (``ETag``, ``Last-Modified``); empty = not sent."""

    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Validators":
        """The validators of an answer; header names in any upper or lower case that ``headers`` allows."""
        return cls(headers.get("ETag", ""), headers.get("Last-Modified", ""))

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request with them; the server answers 304 if nothing has changed."""
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in sent.items() if value}
