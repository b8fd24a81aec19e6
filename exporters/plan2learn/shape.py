"""Plan2Learn's five files, made of its image (plan2learn.md §1, §3). Pure: the same image gives the same files."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from exporters.files import shape
from exporters.plan2learn.image import Employment, Leader, Organisation, Person, Position
from exporters.plan2learn.places import Places, places
from exporters.plan2learn.settings import FILE_NAMES, File, Plan2LearnSettings
from exporters.settings_match import matching_nothing
from exporters.target import Notice, Parked, Row, Shaped, ShapedFile
from graph.model import EMPLOYMENT_TYPES


@dataclass
class _Files:
    """What the files are made of, and what was noticed on the way."""

    settings: Plan2LearnSettings
    at: date
    places: Places
    notices: list[Notice] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def notice(self, object_: str, key: str, name: str, rule: str, text: str) -> None:
        self.notices.append(Notice(object_, key, name, rule, text))
        self.counts[rule] += 1


@dataclass(frozen=True, slots=True)
class _Staff:
    """A person with the employments that count, primary first."""

    person: Person
    employments: tuple[Employment, ...]


def shaped(organisation: Organisation, settings: Plan2LearnSettings, at: date) -> Shaped:
    """The files of the organisation on the day ``at``."""
    files = _Files(settings, at, places(organisation.units, settings))
    under_root = [each for each in organisation.employments if _counts(each, files)]
    delivered = [placed for each in under_root if (placed := _placed(each, files)) is not None]
    candidates = _people(delivered if settings.persons == "delivered" else under_root)
    _note_people_without_row(under_root, delivered, files)
    staff = {uuid: each for uuid, each in candidates.items() if _can_be_delivered(each, files)}
    keys = {uuid: _person_key(each, settings) for uuid, each in staff.items()}
    for uuid in _without_key_of_their_own(keys, files):
        del staff[uuid], keys[uuid]
    employments = {
        each.uuid: (each, index == 0)
        for uuid, own in _people(delivered).items()
        if uuid in staff
        for index, each in enumerate(own.employments)
    }
    positions = {e.position.uuid: e.position for e, _ in employments.values() if e.position is not None}
    rows: dict[File, dict[str, Row]] = {
        "unit": _unit_rows(files.places),
        "position": {uuid: _position_row(positions[uuid]) for uuid in sorted(positions)},
        "person": {uuid: _person_row(staff[uuid], keys[uuid], files) for uuid in sorted(staff)},
        "employment": {
            uuid: _employment_row(each, is_primary, keys[each.person.uuid], files)
            for uuid, (each, is_primary) in sorted(employments.items())
        },
        "leader": _leader_rows(organisation.leaders, keys, files),
    }
    _note_settings_that_match_nothing(organisation, files)
    protected = frozenset(uuid for uuid, each in staff.items() if each.person.protected)
    made = [_file(file, rows[file], settings, at, protected) for file in settings.order]
    return Shaped(made, files.parked, files.notices, dict(files.counts))


def _note_settings_that_match_nothing(organisation: Organisation, files: _Files) -> None:
    settings, units = files.settings, organisation.units
    here: dict[str, tuple[Iterable[str], Collection[str]]] = {
        "roots": (settings.roots, {*units, *(each.number for each in units.values())}),
        "excluded_levels": (settings.excluded_levels, {each.level for each in units.values()}),
        "excluded_units": (settings.excluded_units, units),
        "employment_types": (
            settings.employment_types - {*EMPLOYMENT_TYPES},
            {each.type for each in organisation.employments},
        ),
    }
    for each in matching_nothing(here):
        files.notices.append(each)
        files.counts[each.rule] += 1


# -- which ------------------------------------------------------------------------------------------------------


def _counts(employment: Employment, files: _Files) -> bool:
    """Whether its type is delivered, it is under the roots, and not too far ahead. The image has no ended ones."""
    settings = files.settings
    if employment.type not in settings.employment_types:
        return False
    if employment.unit is None:
        files.notice("employment", employment.uuid, "AfdelingsId", "no_unit", "it has no unit on this day; not sent")
        return False
    if employment.unit not in files.places.below_roots:
        return False
    if settings.on_leave == "leave_out" and employment.on_leave:
        return False
    ahead = settings.days_ahead
    return ahead is None or employment.period.start <= files.at + timedelta(days=ahead)


def _placed(employment: Employment, files: _Files) -> Employment | None:
    """The employment in a delivered unit; None where it is dropped."""
    if employment.unit in files.places.delivered:
        return employment
    lifted = files.places.nearest(employment.unit) if files.settings.in_excluded_unit == "lift" else None
    if lifted is None:
        text = f"its unit {employment.unit} is left out"
        files.notice("employment", employment.uuid, "AfdelingsId", "in_excluded_unit", text)
        return None
    files.notice("employment", employment.uuid, "AfdelingsId", "lifted", f"moved from {employment.unit} to {lifted}")
    return replace(employment, unit=lifted)


def _people(employments: Iterable[Employment]) -> dict[str, _Staff]:
    by_person: dict[str, list[Employment]] = {}
    for each in employments:
        by_person.setdefault(each.person.uuid, []).append(each)
    return {
        uuid: _Staff(min(own, key=lambda each: each.uuid).person, tuple(sorted(own, key=_rank)))
        for uuid, own in by_person.items()
    }


def _rank(employment: Employment) -> tuple[date, bool, float, str, str]:
    """The primary first: the one that is at work with the largest share of full time, then the lowest number.

    Payroll does not mark the primary employment. Future employments rank after current ones.
    """
    begins = employment.period.start if employment.is_ahead else date.min
    return begins, employment.on_leave, -employment.fraction, employment.number.zfill(20), employment.uuid


def _note_people_without_row(under_root: list[Employment], delivered: list[Employment], files: _Files) -> None:
    with_row = {each.person.uuid for each in delivered}
    for uuid in sorted({each.person.uuid for each in under_root} - with_row):
        files.notice("person", uuid, "", "only_in_excluded_units", "employed only in units that are left out")


def _can_be_delivered(staff: _Staff, files: _Files) -> bool:
    person, settings = staff.person, files.settings
    if shape.cpr(person.cpr) is not None:
        return True
    if settings.without_cpr == "deliver" and settings.person_key != "cpr":
        files.notice("person", person.uuid, "CPR", "without_cpr", "delivered without a CPR number")
        return True
    files.parked.append(Parked("person", person.uuid, "without_cpr", "The person has no CPR number of ten digits."))
    return False


def _person_key(staff: _Staff, settings: Plan2LearnSettings) -> str:
    if settings.person_key == "cpr":
        return shape.cpr(staff.person.cpr) or ""
    return _lowest(staff).number if settings.person_key == "employment_number" else staff.person.uuid


def _lowest(staff: _Staff) -> Employment:
    """With the lowest number: the same one every day, whichever the primary is."""
    return min(staff.employments, key=lambda each: (each.number.zfill(20), each.uuid))


def _without_key_of_their_own(keys: Mapping[str, str], files: _Files) -> list[str]:
    """Park persons with the BrugerId of another, or none: the receiver would make one person of them. Employment
    numbers repeat across institutions (sd.md §3.1)."""
    of = Counter(keys.values())
    found = sorted(uuid for uuid, key in keys.items() if not key or of[key] > 1)
    for uuid in found:
        text = "Another person has the same BrugerId" if keys[uuid] else "The person has no number for BrugerId"
        text += f" (person_key is {files.settings.person_key}; uuid is always the person's own)."
        files.parked.append(Parked("person", uuid, "same_key" if keys[uuid] else "no_key", text))
    return found


# -- rows -------------------------------------------------------------------------------------------------------


def _unit_rows(where: Places) -> dict[str, Row]:
    return {
        uuid: {
            "AfdelingsID": uuid,
            "Afdelingsnavn": unit.name,
            "Parentid": where.parent(unit),
            "Gade": unit.street,
            "Postnr": shape.postal_code(unit.postal_code),
            "By": unit.city,
        }
        for uuid, unit in where.delivered.items()
    }


def _position_row(position: Position) -> Row:
    return {
        "StillingskodeID": position.uuid,
        "AktivStatus": "1",
        "Stillingskode": position.title,
        "Stillingskode#": position.uuid,
    }


def _person_row(staff: _Staff, key: str, files: _Files) -> Row:
    person, settings = staff.person, files.settings
    hidden = {_same(each) for employment in staff.employments for each in employment.hidden}
    emails = [("work", each.email) for each in staff.employments] + [("work", person.work_email)]
    phones = [("work", each.phone) for each in staff.employments] + [("work", person.work_phone)]
    phones.append(("mobile", person.mobile))
    if not person.protected:
        emails.append(("private", person.email))
        phones.append(("private", person.phone))
    # A contact that one source hides stays hidden, even if another source states it.
    emails, phones = (
        [each for each in several if each[1] and _same(each[1]) not in hidden] for several in (emails, phones)
    )
    titled = _lowest(staff) if settings.title == "lowest_number" else staff.employments[0]
    return {
        "BrugerId": key,
        "CPR": shape.cpr(person.cpr) or "",
        "Navn": person.name,
        "E-mail": shape.pick(emails, settings.email_types) or "",
        "Mobil": "" if person.protected else _phone(person.uuid, shape.pick(phones, settings.phone_types), files),
        "Stilling": titled.title or (titled.position.title if titled.position else ""),
    }


def _same(contact: str) -> str:
    """The address or number as it can be compared."""
    return shape.phone(contact, "e164") or contact.strip().casefold()


def _phone(person: str, number: str | None, files: _Files) -> str:
    if number is None:
        return ""
    made = shape.phone(number, files.settings.phone_form)
    if made is None:
        files.notice("person", person, "Mobil", "no_phone_number", "the value is not a phone number; not sent")
    return made or ""


def _employment_row(employment: Employment, is_primary: bool, person: str, files: _Files) -> Row:
    settings = files.settings
    if settings.start_date == "always_first_start":
        start = shape.day(employment.first_start)
    else:
        start = shape.day(employment.period.start) if employment.is_ahead else ""
    return {
        "EngagementId": employment.uuid,
        "BrugerId": person,
        "AfdelingsId": employment.unit or "",
        "AktivStatus": shape.yes(settings.active_status == "always_1" or not employment.is_ahead),
        "StillingskodeId": employment.position.uuid if employment.position else "",
        "Primær": shape.yes(is_primary and settings.primary == "primary"),
        "Engagementstype": employment.type_name or employment.type,
        "StartdatoEngagement": start,
    }


def _leader_rows(leaders: Iterable[Leader], people: Mapping[str, str], files: _Files) -> dict[str, Row]:
    by_place: dict[tuple[str, str], list[Leader]] = {}
    for each in leaders:
        if each.unit not in files.places.below_roots:
            continue
        if each.unit not in files.places.delivered:
            # Employments are lifted, leaders never: the leader of a left-out unit does not lead the unit above it.
            files.notice("leader", each.uuid, "AfdelingsID", "in_excluded_unit", f"its unit {each.unit} is left out")
        elif each.person not in people:
            files.notice("leader", each.uuid, "BrugerId", "person_not_delivered", f"{each.person} is not delivered")
        else:
            by_place.setdefault((each.unit, each.person), []).append(each)
    return {
        f"{unit}|{person}": {
            "BrugerId": people[person],
            "AfdelingsID": unit,
            "AktivStatus": "1",
            "Titel": _leader_title([title for each in own for title in each.responsibilities], files.settings),
            "OrganisationsfunktionsUUID": min(each.uuid for each in own),
        }
        for (unit, person), own in sorted(by_place.items())
    }


def _leader_title(responsibilities: list[str], settings: Plan2LearnSettings) -> str:
    if settings.leader_title is not None:
        return settings.leader_title
    titles = sorted(set(responsibilities))
    if settings.leader_title_preferred in titles:
        return str(settings.leader_title_preferred)
    return ", ".join(titles[:1] if settings.leader_titles == "one" else titles)


_IDENTIFYING = frozenset({"Navn", "E-mail", "Mobil"})


def _private_fields(settings: Plan2LearnSettings) -> set[str]:
    """Fields that may hold a CPR number, or a private address or number."""
    private = {"CPR"}
    if settings.person_key == "cpr":
        private.add("BrugerId")
    if "private" in settings.email_types:
        private.add("E-mail")
    if "private" in settings.phone_types:
        private.add("Mobil")
    return private


def _file(
    file: File, rows: Mapping[str, Row], settings: Plan2LearnSettings, at: date, protected: frozenset[str]
) -> ShapedFile:
    columns = settings.columns_of(file)
    private = _private_fields(settings)
    name = settings.names.get(file, FILE_NAMES[file])
    return ShapedFile(
        object=file,
        name=name.replace("{date}", at.isoformat()).replace("{municipality}", settings.municipality),
        columns=tuple(columns),
        rows={
            key: {title: of[1:] if of.startswith("=") else row[of] for title, of in columns.items()}
            for key, row in rows.items()
        },
        shown=frozenset(title for title, of in columns.items() if of not in private),
        identifying=frozenset(title for title, of in columns.items() if of in _IDENTIFYING),
        protected=protected,
    )
