"""The source: each release is one reading (kle.md §6.7)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from graph.retry import NEXT
from graph.statements.statement import Problem
from graph.time import today
from importers.kle import emneplan, table
from importers.kle.checking import Checked, checked
from importers.kle.entries import Entry, Kind, Release, Untaken
from importers.kle.errors import NotThere, OlderRelease, Unavailable
from importers.kle.mapping import Plan
from importers.kle.matching import Held, keyed
from importers.kle.places import FACETS, LISTS, PLAN, TAGS, Web, files, shown
from importers.kle.settings import KleSettings
from importers.source import Known, Mapped, RawRecord, Reading, SourceError

NOT_TAKEN = "not taken"


class Kle:
    """KL's classification. ``path`` is read instead of the place in the settings. ``day`` and ``sleep`` are for tests.

    The cursor holds, for each family of releases, the date of publishing (``released``; empty if there was none), the
    first day of its changes (``day``) and a hash of its content; the release of the date in the settings, once it was
    read (``accepted``; else empty), and the one in place of which that was (``passed``); and the server's tags of the
    contents.
    """

    name = "kle"

    def __init__(
        self,
        settings: KleSettings,
        path: Path | None = None,
        *,
        day: Callable[[], date] = today,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._settings = settings
        self._path = path or settings.path
        self._day = day
        self._sleep = sleep
        if self._path is None and settings.url is None and settings.address is None:
            raise SourceError(
                "KLE has no place to read from: set url, address or path, or name a file or folder", retry=NEXT
            )

    def readings(self, known: Known) -> Iterator[Reading]:
        """The releases that are due, oldest first. Raises Unavailable, Unreadable, OlderRelease."""
        cursor = dict(known.cursor)
        salt = self._settings.digest().hex()
        web = Web(self._settings, cursor if cursor.get("settings") == salt else {})
        if self._sleep is not None:
            web.sleep = self._sleep
        releases = list(self._releases(web))
        before = self._accepted_before(releases, cursor)
        cursor |= before
        left = {each.family: each for each in releases}
        for release in self._due(releases, cursor):
            left.pop(release.family, None)
            yield self._reading(release, known, salt, releases, before)
        if passed := tuple(self._passed_over(left.values(), cursor)):
            yield Reading("KLE, nothing but what is passed over", self._day(), (), problems=passed)

    # -- which releases ---------------------------------------------------------------------------------------------

    def _releases(self, web: Web) -> Iterator[Release]:
        settings = self._settings
        if self._path is not None:
            for name, content in files(self._path, settings.largest):
                yield _release(content, name, settings.largest)
        elif settings.address is not None:
            answer = web.get(settings.address)
            if answer is not None:
                yield _release(answer, shown(settings.address), settings.largest).tagged(web.tags_of(settings.address))
        elif settings.url is not None:
            yield from self._online(settings.url.rstrip("/"), web)

    def _online(self, url: str, web: Web) -> Iterator[Release]:
        plans = list(self._plans(url, web))
        if not self._settings.facets:
            yield from plans
            return
        try:
            facets = web.get(url + FACETS)
        except NotThere as missing:
            # Only one known client reads facets there (kle.md §2 A): the plan is read without them.
            text = f"{missing}: facets stay as they are; set facets to false if there is no file of facets"
            notice = Problem("KleFacet", "", "facets", "no_facets", text, "notice")
            yield from (replace(each, problems=[*each.problems, notice]) for each in plans)
            return
        yield from plans
        if facets is not None:
            read = emneplan.release(facets, shown(url + FACETS), self._settings.largest)
            yield read.tagged(web.tags_of(url + FACETS))

    def _plans(self, url: str, web: Web) -> Iterator[Release]:
        if self._settings.form == "lists":
            lists = {shown(url + each): web.get(url + each) for each in LISTS}
            if any(each is not None for each in lists.values()):
                # One has changed, so all are needed: the unchanged ones are requested again.
                bare = replace(web, tags={})
                whole = {shown(url + each): lists[shown(url + each)] or bare.get(url + each) or b"" for each in LISTS}
                yield emneplan.lists(whole, self._settings.largest).tagged(web.tags_of(*(url + each for each in LISTS)))
        else:
            plan = web.get(url + PLAN)
            if plan is not None:
                yield emneplan.release(plan, shown(url + PLAN), self._settings.largest).tagged(web.tags_of(url + PLAN))

    def _due(self, releases: list[Release], cursor: Mapping[str, str]) -> Iterator[Release]:
        """Of each family the releases newer than the current one, or the newest. Raises OlderRelease."""
        for family in ("plan", "facets"):
            found = sorted(
                (each for each in releases if each.family == family), key=lambda each: each.published or date.min
            )
            held = cursor.get(f"released {family}")
            if not found:
                continue
            if sum(each.published is None for each in found) > 1:
                raise Unavailable("several releases have no date; keep only the one to be read")
            last = found[-1]
            if held is None or last.published is None:
                yield last
                continue
            by_date = {each.published.isoformat(): each for each in found if each.published is not None}
            wanted = self._accepted(cursor, family)
            passed = max(held, cursor.get(f"passed {family}", ""))
            newer = [each for published, each in by_date.items() if published > passed]
            if wanted in by_date:
                yield by_date[wanted]
            elif newer:
                yield from newer
            elif held in by_date:
                yield by_date[held]
            elif last.published.isoformat() < passed:
                raise OlderRelease(
                    f"{last.label} was published on {last.published}; the current release is of {held}. "
                    f"To import it all the same, set accept_release to {last.published}."
                )

    def _accepted(self, cursor: Mapping[str, str], family: str) -> str:
        """The publishing date in the settings, if the release of that date is to be read now; it is read once."""
        wanted = self._settings.accept_release
        held = cursor.get(f"released {family}")
        if wanted is None or held is None or wanted.isoformat() in (held, cursor.get(f"accepted {family}")):
            return ""
        return wanted.isoformat()

    def _accepted_before(self, releases: Iterable[Release], cursor: Mapping[str, str]) -> dict[str, str]:
        """What the cursor lacks of a release that an earlier REConnect has accepted: that read nothing newer as long as
        it was there, so the newest that is there now is the one in place of which it was accepted."""
        found: dict[str, str] = {}
        wanted = "" if self._settings.accept_release is None else self._settings.accept_release.isoformat()
        for family in ("plan", "facets"):
            there = [
                each.published.isoformat() for each in releases if each.family == family and each.published is not None
            ]
            if f"accepted {family}" in cursor or wanted not in there or cursor.get(f"released {family}") != wanted:
                continue
            found[f"accepted {family}"] = wanted
            if max(there) > wanted:
                found[f"passed {family}"] = max(there)
        return found

    def _passed_over(self, releases: Iterable[Release], cursor: Mapping[str, str]) -> Iterator[Problem]:
        """Notices of releases in place of which an older one was accepted."""
        for each in releases:
            published = "" if each.published is None else each.published.isoformat()
            if not published or published != cursor.get(f"passed {each.family}"):
                continue
            text = (
                f"{each.label} is passed over, since the release of {cursor[f'released {each.family}']} was accepted "
                f"in its place. The next newer one is read. To import this one, set accept_release to {published}."
            )
            yield Problem("KleNode", "", f"release {published}", "passed_over", text, "notice")

    # -- one release ------------------------------------------------------------------------------------------------

    def _reading(
        self, release: Release, known: Known, salt: str, releases: Sequence[Release], before: Mapping[str, str]
    ) -> Reading:
        """Its cursor has the server's tags of this release only: those of another one, which may wait for an approval,
        would make the server say that it is unchanged, and it would never be read. ``salt``: of the settings; tags of
        contents that were read with other settings count for nothing. ``releases``: all that are there. ``before``:
        what the cursor lacks (``_accepted_before``)."""
        day = release.published or self._day()
        cursor, family = {**before, **known.cursor}, release.family
        if cursor.get("settings") != salt:
            cursor = {name: each for name, each in cursor.items() if not name.startswith(TAGS)}
        until = date.fromisoformat(cursor[f"day {family}"]) if f"day {family}" in cursor else None
        sound = checked(release.entries)
        held = {kind: [Held.of(each) for each in known.statements(kind)] for kind in sorted(release.kinds)}
        pairs = [
            pair
            for kind, things in held.items()
            for pair in keyed([each for each in sound.sound if each.kind == kind], things, day, until)
        ]
        plan = Plan(
            known,
            day,
            until,
            release.tells,
            self._settings.digest(),
            self._settings.last_day_in_force,
            tuple(pairs),
            partial(_bound, held, until, day),
        )
        published = "" if release.published is None else release.published.isoformat()
        if published and published == self._accepted(cursor, family):
            cursor[f"passed {family}"] = max(cursor[f"released {family}"], cursor.get(f"passed {family}", ""))
        if self._settings.accept_release is None or f"accepted {family}" not in cursor:
            cursor[f"accepted {family}"] = ""
        if release.published is not None and release.published == self._settings.accept_release:
            cursor[f"accepted {family}"] = published
        if published >= cursor.get(f"passed {family}", ""):
            cursor.pop(f"passed {family}", None)
        decided = any(cursor.get(each) != known.cursor.get(each) for each in (f"accepted {family}", f"passed {family}"))
        content = _digest(release.entries)
        problems = [*release.problems, *sound.problems]
        same_date = bool(published) and cursor.get(f"released {family}") == published
        if same_date and cursor.get(f"content {family}") != content:
            text = f"{release.label}: the release of {published} has other content than before"
            problems.append(Problem("KleNode", "", f"release {published}", "changed_release", text, "notice"))
        beside = [each for each in releases if each.family == family]
        problems += self._passed_over(beside, {**cursor, f"released {family}": published})
        return Reading(
            label=f"KLE {family} of {published or day}",
            day=day,
            records=[*plan.records(), *_left_out(sound, release, held, {key for key, _ in pairs})],
            complete_kinds=frozenset(release.kinds),
            absent=plan.absent,
            cursor={
                **cursor,
                "settings": salt,
                **release.tags,
                f"released {family}": published,
                f"day {family}": day.isoformat(),
                f"content {family}": content,
            },
            store_cursor_when_unchanged=decided or (bool(published) and not same_date),
            problems=tuple(problems),
            recheck_kinds=frozenset(release.kinds),
            incomplete_because=tuple(self._doubts(release, sound, held, {key for key, _ in pairs}, day)),
        )

    def _doubts(
        self, release: Release, sound: Checked, held: Mapping[Kind, list[Held]], taken: set[str], day: date
    ) -> Iterator[str]:
        """Signs that a release is cut off although it is well-formed (pitfall 13)."""
        gone = any(each.in_force(day) and each.key not in taken for of in held.values() for each in of)
        if release.unfinished and gone:
            yield "the last line of the release has no end: it may be cut off"
        for kind, things in held.items():
            before = sum(each.in_force(day) for each in things)
            told = (*sound.sound, *sound.left_out)
            now = sum(each.kind == kind and (each.is_current or each.life.holds(day)) for each in told)
            if now < before * self._settings.least_share:
                yield f"the release has {now} {kind} in force, {before} are known: it may be cut off"


def _release(content: bytes, label: str, largest: int) -> Release:
    # Also in UTF-16, which leaves a zero byte beside it.
    begin = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \r\n\t")[:1]
    return emneplan.release(content, label, largest) if begin == b"<" else table.release(content, label, largest)


def _digest(entries: Iterable[Entry]) -> str:
    """A digest of the content, independent of order and repetition."""
    lines = sorted({repr(each) for each in entries})
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def _bound(held: Mapping[Kind, list[Held]], until: date | None, day: date, kind: Kind, number: str) -> date:
    """The earliest first day of a new thing with this number: after the last release without it, and after the number's
    former holders."""
    if until is None or not held.get(kind):
        return date.min
    ends = [each.end for each in held[kind] if each.number == number and each.end is not None and each.end <= day]
    return max([until, *ends])


def _left_out(
    sound: Checked, release: Release, held: Mapping[Kind, list[Held]], taken: set[str]
) -> Iterator[RawRecord]:
    """Keeps the known things that rejected entries may be about: they exist, but can't be told apart. ``taken``: keys
    of the accepted entries."""
    out = [*release.untaken, *(Untaken(each.number, each.uuid) for each in sound.left_out)]
    numbers = {each.number for each in out} - {""}
    uuids = {each.uuid for each in out} - {""}
    anything = any(not each.number and not each.uuid for each in out)
    for kind, things in held.items():
        for each in things:
            uuid = each.uuids[-1] if each.uuids else ""
            if each.key not in taken and (anything or each.number in numbers or uuid in uuids):
                yield RawRecord(kind, each.key, NOT_TAKEN, _nothing)


def _nothing(previous: object) -> Mapped:
    return Mapped(None)
