"""Addresses: those in settings, checked when they are read, not when the first call fails; and parts of one."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator


def web_address(text: str) -> str:
    """The text, if it is an http(s) address with a host. Raises ValueError."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, a bracket without its counterpart
        is_one = False
    if not is_one or any(each.isspace() for each in text):
        raise ValueError("is not a web address, such as https://service.example/path")
    return text


def secret_address(text: str) -> str:
    """The text, if it is a web address over which a password, token or CPR number may go: encrypted, or on this
    machine. Raises ValueError."""
    parts = urlsplit(web_address(text))
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ValueError(f"begins with http://, but secret data goes there: {_ENCRYPT}")
    return text


def _without_secrets_in_clear(text: str) -> str:
    """A web address; one with a password in it is itself secret. Raises ValueError."""
    return secret_address(text) if "@" in urlsplit(web_address(text)).netloc else text


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(text: str) -> str:
    """The text, if it may be a host's name or address. Raises ValueError."""
    if not text or any(each.isspace() or each in "/@?#" for each in text) or text.count(":") == 1:
        raise ValueError("is not the name of a host, such as files.example: give it without https://, port and folder")
    return text


_PLAIN = "!$&'()*+,;=:@"  # of RFC 3986 §3.3, beside letters, digits and -._~


def segment(text: str) -> str:
    """Another system's identifier as one segment of an address's path, whatever it contains (RFC 3986 §3.3): otherwise
    ``anna#2`` is asked for as ``anna``. Raises ValueError for an empty one: the address would be that of all."""
    if not text:
        raise ValueError("an empty identifier has no address of its own")
    quoted = quote(text, safe=_PLAIN)
    return quoted if text.strip(".") else quoted.replace(".", "%2E")  # . and .. would be steps


_ENCRYPT = "give an https:// address"
WebAddress = Annotated[str, AfterValidator(_without_secrets_in_clear)]
SecretAddress = Annotated[str, AfterValidator(secret_address)]
"""The address of a service that gets a password or token, or data of people."""
HostName = Annotated[str, AfterValidator(host_name)]
