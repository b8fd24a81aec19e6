"""Addresses in settings, checked where they are read and not where the first call fails."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def web_address(text: str) -> str:
    """The text, if it is an http(s) address with a host. Raises ValueError."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket without its other
        is_one = False
    if not is_one or any(each.isspace() for each in text):
        raise ValueError("is not a web address, such as https://service.example/path")
    return text


def host_name(text: str) -> str:
    """The text, if it may be a host's name or address. Raises ValueError."""
    if not text or any(each.isspace() or each in "/@?#" for each in text) or text.count(":") == 1:
        raise ValueError("is not the name of a host, such as files.example: give it without https://, port and folder")
    return text


WebAddress = Annotated[str, AfterValidator(web_address)]
HostName = Annotated[str, AfterValidator(host_name)]
