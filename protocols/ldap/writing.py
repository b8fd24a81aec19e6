"""Writes at a controller: add, modify, move, delete. The controller's answer is the result; nothing is sent twice."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPOperationResult

from protocols.ldap.connection import PASSING, SUCCESS
from protocols.ldap.errors import AnswerLost, WriteRejected

Modification = tuple[str, Sequence[str | bytes]]
"""(``add``, ``delete`` or ``replace``, values)"""

_KINDS = {"add": ldap3.MODIFY_ADD, "delete": ldap3.MODIFY_DELETE, "replace": ldap3.MODIFY_REPLACE}


class Writing:
    """``name``: of the controller, for messages. Raises WriteRejected with the controller's code, and AnswerLost if it
    is unknown whether the write took effect. An entry is named by its DN, or by ``<GUID=…>``."""

    def __init__(self, wire: ldap3.Connection, name: str) -> None:
        self._wire = wire
        self.name = name

    def add(self, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        with self._asked():
            self._wire.add(dn, list(classes), {name: list(values) for name, values in attributes.items()})

    def modify(self, dn: str, changes: Mapping[str, Sequence[Modification]]) -> None:
        """All changes or none. ``replace`` with no values removes the attribute, if it is there."""
        sent: dict[str, Any] = {
            name: [(_KINDS[kind], list(values)) for kind, values in each] for name, each in changes.items()
        }
        with self._asked():
            self._wire.modify(dn, sent)

    def move(self, dn: str, rdn: str, place: str | None = None) -> None:
        """Rename, and move below ``place`` if it is given."""
        with self._asked():
            self._wire.modify_dn(dn, rdn, new_superior=place)

    def delete(self, dn: str) -> None:
        """Delete one entry; never with what is below it."""
        with self._asked():
            self._wire.delete(dn)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except LDAPOperationResult as failed:
            raise self._rejected(failed.result, failed.description, failed.message) from None
        except (LDAPException, OSError) as broken:
            raise AnswerLost(f"{self.name} broke off: {type(broken).__name__}") from broken
        answer = self._wire.result
        if answer["result"] != SUCCESS:
            # ldap3 raises nothing for a referral and some limits, whatever its options. The write was not done.
            raise self._rejected(answer["result"], answer["description"], answer["message"])

    def _rejected(self, code: int, description: object, message: object) -> AnswerLost | WriteRejected:
        if code in PASSING:
            return AnswerLost(f"{self.name} answered {description} ({code})")
        return WriteRejected(self.name, code, str(description), str(message or ""))
