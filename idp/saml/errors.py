"""Errors of the identity provider, as one tree. Each states whether to try again.

SamlError
├── BadMessage      a message that gets no SAML answer: its sender isn't proven, or there is no address to trust
├── Declined        a proven request that can't be met: the service provider gets a signed status
├── BadMetadata     metadata of a service provider that can't be used; the last good copy stays
└── CannotEncrypt   the service provider has no certificate that an assertion could be encrypted for
"""

from graph.retry import NEVER, NEXT, Retry


class SamlError(Exception):
    """A SAML message can't be read, answered or written. The text never quotes the message."""

    retry: Retry = NEVER


class BadMessage(SamlError):
    """A message without a SAML answer. ``rule`` is for code and the log, the text for a person at a browser."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


class Declined(SamlError):
    """A request that is answered with a status. ``status``: the first and, if there is one, the second code."""

    def __init__(self, first: str, second: str | None, text: str) -> None:
        super().__init__(text)
        self.status = (first, second)


class BadMetadata(SamlError):
    """Metadata that can't be used. The next reading may bring a better document."""

    retry: Retry = NEXT


class CannotEncrypt(SamlError):
    """An assertion must be encrypted, and there is no valid certificate for it. Never sent in clear instead."""

    retry: Retry = NEXT
