"""A person's data as the record that the pipeline compares, whether it came by a lookup or in a file."""

from datetime import date

from graph.statements.statement import Problem, Statement
from importers.cpr.mapping import UNCHANGED, Numbers, as_before, to_person
from importers.cpr.register_data import RegisteredPerson
from importers.cpr.settings import CprSettings
from importers.source import Known, Mapped, RawRecord

MAPPING = b"1"  # raise it when the mapping's meaning changes: then every record is mapped anew
NOT_TAKEN = "not taken"  # equal to no fingerprint, so that problems are checked each time


def person_record(
    known: Known,
    settings: CprSettings,
    uuid: str,
    registered: RegisteredPerson,
    day: date,
    numbers: Numbers = UNCHANGED,
) -> RawRecord:
    """The record of the Person ``uuid``, as of ``day``."""
    fingerprint = known.fingerprint(
        MAPPING,
        registered.raw(),
        repr((numbers.current, [each.cpr for each in numbers.formers], numbers.problems)).encode(),
        repr((registered.is_protected(day), settings.digest())).encode(),
    )

    def to_statement(previous: Statement | None) -> Mapped:
        return to_person(registered, uuid, previous, day, tied=True, numbers=numbers)

    return RawRecord("Person", uuid, fingerprint, to_statement)


def doubtful_record(known: Known, uuid: str, problem: Problem) -> RawRecord:
    """A record that states nothing new, with a notice."""
    fingerprint = known.fingerprint(problem.rule.encode(), problem.text.encode())
    return RawRecord("Person", uuid, fingerprint, lambda previous: as_before(uuid, previous, problem))


def problems_record(kind: str, key: str, *problems: Problem) -> RawRecord:
    """A record that states nothing: it lists problems, and removes those that are corrected."""
    return RawRecord(kind, key, NOT_TAKEN, lambda previous: Mapped(None, problems))
