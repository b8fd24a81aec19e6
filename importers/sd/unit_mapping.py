"""Institutions and departments as units."""

from collections.abc import Iterator

from graph.statements.statement import DatedValue, Problem, Ref, Statement
from graph.statements.written_numbers import only_digits
from graph.time import Period, union, within, without
from importers.sd.answers import DepartmentPeriod
from importers.sd.organisation import Department, Organisation
from importers.sd.settings import SdSettings
from importers.sd.timelines import ALWAYS_SO, cut, dated, links, shown, values
from importers.source import Mapped


def institution(organisation: Organisation) -> Statement:
    """The root of the institution's payroll."""
    return Statement(
        "Unit",
        organisation.key,
        values={
            "name": (DatedValue(ALWAYS_SO, organisation.name),),
            "number": (DatedValue(ALWAYS_SO, organisation.code),),
            "type": (DatedValue(ALWAYS_SO, "institution"),),
        },
    )


def department(
    answer: Department, organisation: Organisation, settings: SdSettings, previous: Statement | None
) -> Mapped:
    """A department as a unit, on the days on which the settings do not exclude it altogether.

    On days on which only its level is excluded, it is beside the line: it has no parent, and ``counts_as`` is the place
    above to which its people are lifted. If SD sends no parent at all, a known place is kept.
    """
    left_out = organisation.left_out
    kept = [each for each in answer.periods if not left_out.wholly(answer.uuid, each)]
    in_line = union(each.period for each in kept if not left_out.from_line(answer.uuid, each))
    exists = union(cut(each.period, settings.earliest) for each in kept)
    problems = list(_problems(answer, organisation, in_line))
    if not exists:
        if previous is None:
            return Mapped(None)
        return Mapped(Statement("Unit", answer.key, exists=()), tuple(problems))
    parents = [
        (place.period, Ref("Unit", place.key)) for period in in_line for place in organisation.parents(answer, period)
    ]
    beside = without(exists, in_line)
    counts_as = [
        (both, Ref("Unit", place.key))
        for place in organisation.places(answer.uuid)
        for both in within((place.period,), beside)
    ]
    stated = {
        "parent": links(parents, settings.earliest),
        "counts_as": links(counts_as, settings.earliest),
    }
    return Mapped(
        Statement(
            "Unit",
            answer.key,
            exists=exists,
            values=values(
                {
                    name: dated(((each.period, value) for each, value in of if value), settings.earliest)
                    for name, of in _by_property(kept, organisation, settings).items()
                }
            ),
            links={name: told_links for name, told_links in stated.items() if told_links},
        ),
        tuple(problems),
    )


def _by_property(
    periods: list[DepartmentPeriod], organisation: Organisation, settings: SdSettings
) -> dict[str, list[tuple[DepartmentPeriod, str]]]:
    by_name: dict[str, list[tuple[DepartmentPeriod, str]]] = {}
    for each in periods:
        for name, value in _values(each, organisation, settings):
            by_name.setdefault(name, []).append((each, value))
    return by_name


def _values(each: DepartmentPeriod, organisation: Organisation, settings: SdSettings) -> Iterator[tuple[str, str]]:
    yield "name", each.name or each.code
    yield "number", f"{organisation.code}-{each.code}"
    yield "level", each.level
    yield "p_number", each.p_number
    if all(each.address):
        yield "street", each.address.street
        yield "postal_code", each.address.postal_code
        yield "city", each.address.town
    phone, payroll_phone = (_phone(number, settings) for number in each.contact.phones)
    yield "phone", phone
    yield "payroll_phone", payroll_phone
    email, personnel_email = (_mail(mail, settings) for mail in each.contact.mails)
    yield "email", email
    yield "personnel_email", personnel_email


def _phone(number: str, settings: SdSettings) -> str:
    is_manager = settings.five_digit_phone_is_manager and len(number) == 5 and only_digits(number)
    return "" if number in settings.placeholder_phones or is_manager else number


def _mail(mail: str, settings: SdSettings) -> str:
    return "" if mail in settings.placeholder_mails else mail


def _problems(answer: Department, organisation: Organisation, in_line: tuple[Period, ...]) -> Iterator[Problem]:
    if any(each.parent == answer.uuid for each in answer.parents):
        yield _notice(
            answer, "own_parent", "SD has the unit as its own parent; it has no place until that is corrected"
        )
    clashes = answer.clashes()
    if clashes:
        names = ", ".join(sorted({each.parent for each in answer.parents}))
        yield _notice(answer, "two_parents", f"SD has two parents ({names}) {shown(clashes)}; neither is used")
    unplaced = within(without(organisation.unplaced(answer), clashes), in_line)
    if unplaced:
        yield _notice(answer, "no_parent", f"SD has no parent of the unit {shown(unplaced)}")
    elif answer.parents_missing:
        yield _notice(answer, "no_parent", "SD has no parent of the unit; it keeps its place")
    rules = {rule for each in answer.periods if (rule := organisation.left_out.wholly(answer.uuid, each))}
    kept = any(not organisation.left_out.wholly(answer.uuid, each) for each in answer.periods)
    if rules and kept:
        yield _notice(answer, "excluded", f"excluded in some periods by the settings: {', '.join(sorted(rules))}")


def _notice(answer: Department, rule: str, text: str) -> Problem:
    return Problem("Unit", answer.key, "parent", rule, text, "notice")


def gone(previous: Statement, day: Period, below: int, people: int) -> Mapped:
    """A unit that SD no longer sends: it ends, with a notice of what depends on it."""
    text = f"SD no longer has this unit; it ends on {day.end}. Units below it: {below}; employments in it: {people}"
    ended = Statement("Unit", previous.key, within(previous.exists or (), (day,)), previous.values, previous.links)
    return Mapped(ended, (Problem("Unit", previous.key, "exists", "no_longer_sent", text, "notice"),))
