"""Every pitfall of kle.md §8, by its number; through reader, matching and mapping, without the graph."""

from datetime import date
from pathlib import Path

import pytest

from graph.time import Period
from importers.kle.entries import Title, uuid_of
from importers.kle.errors import OlderRelease, Unreadable
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from tests.importers.kle.release import FIRST, SECOND, THIRD, Node, facets, plan, small, uuid, written
from tests.importers.known import Applied, InMemory

TODAY = date(2026, 11, 24)


def source(path: Path, **settings: object) -> Kle:
    return Kle(KleSettings(path=path, **settings), day=lambda: TODAY)  # type: ignore[arg-type]


class Reading:
    """A graph in memory, and a folder with one release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = InMemory()

    def take(self, content: bytes, name: str = "release.xml", **settings: object) -> Applied:
        for each in self.folder.iterdir():
            each.unlink()
        return self.known.take(source(written(self.folder, content, name), **settings))

    def in_force(self, day: date, kind: str = "KleNode") -> list[str]:
        keys = self.known.existing(kind, day)
        return sorted(str(self.known.value(kind, key, "number", day)) for key in keys)

    def title(self, number: str, day: date = TODAY) -> object:
        return self.known.value("KleNode", uuid(number), "title", day)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_1_letters_and_byte_order_mark(reading: Reading) -> None:
    content = facets(Node("Ø", "Økonomi", below=[Node("Ø00", "Økonomi i almindelighed æøå")]))
    reading.take(b"\xef\xbb\xbf" + content)
    assert reading.in_force(TODAY, "KleFacet") == ["Ø00"]
    assert reading.known.value("KleFacet", uuid("Ø00"), "title", TODAY) == "Økonomi i almindelighed æøå"
    assert reading.known.link("KleFacet", uuid("Ø00"), "category", TODAY) == uuid("Ø")
    table = f"\ufeffuuid;number;title\r\n{uuid('27')};27;Ældre\r\n".encode()
    reading.take(table, "kle-2026-08-01.csv")
    assert reading.title("27") == "Ældre"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "iso-8859-1"])
def test_1_other_encodings_of_xml_are_read_and_of_a_table_refused(reading: Reading, encoding: str) -> None:
    written = small(Node("27.12.04", "Ældre")).decode().replace("UTF-8", encoding.upper().removesuffix("-BE"))
    reading.take(("\ufeff" * (encoding == "utf-16-be") + written).encode(encoding))
    assert reading.title("27.12.04") == "Ældre"
    with pytest.raises(Unreadable, match="not in UTF-8"):
        reading.take(f"uuid;number;title\n{uuid('27')};27;Ældre\n".encode(encoding), "k.csv")


def test_2_a_number_is_no_float(reading: Reading) -> None:
    applied = reading.take(
        f"uuid;number;title\n{uuid('27')};27;A\n{uuid('27.10')};27.1;B\n{uuid('00')};0;C\n".encode(), "k.csv"
    )
    assert reading.in_force(TODAY) == ["27"]
    assert [(each.key, each.rule, each.severity) for each in applied.problems] == [
        ("27.1", "number", "bad"),
        ("0", "number", "bad"),
    ]


def test_3_order_does_not_matter(reading: Reading) -> None:
    rows = [f"{uuid(each)};{each};{each}" for each in ("27.12.04", "27.12", "27")]
    reading.take("\n".join(["uuid;number;title", *rows]).encode(), "k.csv")
    assert reading.known.link("KleNode", uuid("27.12.04"), "parent", TODAY) == uuid("27.12")
    assert reading.known.link("KleNode", uuid("27.12"), "parent", TODAY) == uuid("27")


def test_4_a_single_group_and_subject(reading: Reading) -> None:
    reading.take(plan(Node("27", below=[Node("27.12", below=[Node("27.12.04")])])))
    assert reading.in_force(TODAY) == ["27", "27.12", "27.12.04"]


@pytest.mark.parametrize("other", [uuid("27.12.04", 7), "", uuid("27.12.04")])
def test_5_a_number_twice_and_one_has_ended(reading: Reading, other: str) -> None:
    """No second thing in force, and nothing changes when it is read again."""
    twice = [
        Node("27.12.04", "Gammelt [udgået]", id=other, created="1988-01-01", ended="2015-08-01"),
        Node("27.12.04", "Nyt", created="2020-01-01"),
    ]
    reading.take(small(*twice))
    assert reading.in_force(TODAY) == ["27", "27.12", "27.12.04"]
    assert reading.title("27.12.04") == "Nyt"
    for content in (small(*twice), small(*reversed(twice)), small(*twice, published=SECOND)):
        applied = reading.take(content)
        assert (applied.changed, applied.problems) == ([], [])


def test_6_an_ended_number_is_used_again(reading: Reading) -> None:
    """A new thing; the old one stays what it was."""
    old = Node("27.12.04", "Gammelt [udgået]", ended="2026-05-01")
    reading.take(small(Node("27.12.04", "Gammelt")))
    reading.take(small(old, published=SECOND))
    reading.take(
        small(old, Node("27.12.04", "Noget andet", id=uuid("27.12.04", 5), created="2026-11-01"), published=THIRD)
    )
    assert reading.title("27.12.04") == "Gammelt"
    assert not reading.known.exists("KleNode", uuid("27.12.04"), THIRD)
    assert reading.known.value("KleNode", uuid("27.12.04", 5), "title", THIRD) == "Noget andet"


def test_6_used_again_in_the_release_that_ends_it(reading: Reading) -> None:
    """Also where the ended one lost its UUID: it is the former holder, because its end is news."""
    reading.take(small(Node("27.12.04", "Gammelt")))
    both = (
        Node("27.12.04", "Gammelt [udgået]", id="", ended="2026-08-01"),
        Node("27.12.04", "Noget andet", id=uuid("27.12.04", 5), created="2026-08-01"),
    )
    reading.take(small(*both, published=SECOND))
    assert reading.known.of("KleNode", uuid("27.12.04")).exists == (Period(date(1988, 1, 1), SECOND),)
    assert reading.known.value("KleNode", uuid("27.12.04", 5), "title", TODAY) == "Noget andet"


def test_7_the_mark_of_an_end_is_no_new_title(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", "Hjælp")))
    reading.take(small(Node("27.12.04", "Hjælp [udgået] ", ended="2026-08-01"), published=SECOND))
    told = reading.known.of("KleNode", uuid("27.12.04"))
    assert [each.value for each in told.values["title"]] == ["Hjælp"]
    assert told.exists == (Period(date(1988, 1, 1), SECOND),)
    assert [each.value for each in told.values["ending"]] == ["ended"]


def test_8_successors(reading: Reading) -> None:
    """Missing, of another level, unknown, or ended itself."""
    applied = reading.take(
        small(
            Node("27.12.01", moved="2026-02-01"),
            Node("27.12.02", moved="2026-02-01", to=["27.12"]),
            Node("27.12.03", moved="2026-02-01", to=["99.99.99", "27.12.06"]),
            Node("27.12.04", moved="2026-02-01", to=["27.12.05"]),
            Node("27.12.05", moved="2026-05-01", to=["27.12.06"]),
            Node("27.12.06"),
        )
    )
    after = {
        each: reading.known.of("KleNode", uuid(each)).links.get("replaced_by", ())
        for each in ("27.12.01", "27.12.02", "27.12.03", "27.12.04")
    }
    assert [[told.to.key for told in each] for each in after.values()] == [
        [], [uuid("27.12")], [uuid("27.12.06")], [uuid("27.12.05")],
    ]  # fmt: skip
    assert [(each.key, each.rule) for each in applied.problems] == [("27.12.03", "unknown_successor")]


def test_8_a_cycle_of_successors_is_reported(reading: Reading) -> None:
    applied = reading.take(
        small(
            Node("27.12.01", moved="2026-02-01", to=["27.12.02"]), Node("27.12.02", moved="2026-05-01", to=["27.12.01"])
        )
    )
    assert {each.rule for each in applied.problems} == {"successor_cycle"}


def test_9_white_space_and_order_are_no_change(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", "Hjælp til alle"), Node("27.12.06")))
    again = small(Node("27.12.06"), Node("27.12.04", "  Hjælp   til alle ")).replace(b"><", b">\n  <")
    applied = reading.take(again)
    assert (applied.mapped, applied.problems) == (0, [])


def test_10_an_end_to_come(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", ended="2027-02-01")))
    assert "27.12.04" in reading.in_force(date(2027, 1, 31))
    assert "27.12.04" not in reading.in_force(date(2027, 2, 1))
    assert reading.known.value("KleNode", uuid("27.12.04"), "announced_end", TODAY) == "2027"


def test_10_the_day_of_the_end_is_a_setting(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", ended="2027-02-01")), last_day_in_force=True)
    assert "27.12.04" in reading.in_force(date(2027, 2, 1))
    assert "27.12.04" not in reading.in_force(date(2027, 2, 2))


def test_11_without_administrative_info(reading: Reading) -> None:
    applied = reading.take(small(Node("27.12.04", info=False)))
    assert reading.known.of("KleNode", uuid("27.12.04")).exists == (Period(),)
    assert applied.problems == []


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://kle-online.dk/rest/resources/full"'])
def test_12_unknown_elements_and_namespaces(reading: Reading, namespace: str) -> None:
    more = "<RetsinfoURL>https://example.org</RetsinfoURL><Nyt><EmneNr>1</EmneNr></Nyt><BevaringJaevnfoerArkivloven>K5</BevaringJaevnfoerArkivloven>"
    content = small(Node("27.12.04", more=more)).replace(b"<KLE-Emneplan>", f"<KLE-Emneplan{namespace}>".encode())
    applied = reading.take(content)
    assert applied.problems == []
    assert reading.known.value("KleNode", uuid("27.12.04"), "preservation", TODAY) == "K5"


def test_13_a_cut_document(reading: Reading) -> None:
    with pytest.raises(Unreadable, match="cut off"):
        reading.take(small()[:-80])
    assert not reading.known.kept


def test_13_a_tenth_of_the_entries_is_doubtful(tmp_path: Path) -> None:
    known = InMemory()
    known.take(source(written(tmp_path, small(*(Node(f"27.12.{each:02d}") for each in range(40))))))
    (told,) = source(written(tmp_path, small(published=SECOND))).readings(known)
    assert told.incomplete_because == ("the release has 4 KleNode in force, 42 are known: it may be cut off",)


def test_14_an_older_release_is_refused_unless_it_is_named(reading: Reading) -> None:
    reading.take(small(published=SECOND))
    with pytest.raises(OlderRelease, match="accept_release"):
        reading.take(small(published=FIRST))
    reading.take(small(Node("27.12.04", "Andet"), published=FIRST), accept_release=FIRST)
    assert reading.title("27.12.04") == "Andet"


def test_14_an_older_release_takes_back_what_the_newer_one_has_changed(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", "Gammelt"), published=FIRST))
    reading.take(small(Node("27.12.04", "Nyt [udgår 2031]"), published=SECOND))
    reading.take(small(Node("27.12.04", "Gammelt"), published=FIRST), accept_release=FIRST)
    assert (reading.title("27.12.04"), reading.known.value("KleNode", uuid("27.12.04"), "announced_end", TODAY)) == (
        "Gammelt",
        None,
    )


def test_14_a_release_that_is_named_is_read_once_and_newer_ones_after_it(tmp_path: Path) -> None:
    """Whatever lies beside it in the folder, and however long it stays in the settings."""
    known = InMemory()

    def put(published: date, title: str) -> None:
        (tmp_path / f"{published}.xml").write_bytes(small(Node("27.12.04", title), published=published))

    def taken(wanted: date | None = FIRST) -> tuple[str, list[str]]:
        settings = KleSettings(path=tmp_path, accept_release=wanted)
        applied = known.take(Kle(settings, day=lambda: THIRD))
        return known.cursor["released plan"], applied.rules()

    put(SECOND, "Nyt")
    assert taken() == (str(SECOND), [])
    put(FIRST, "Gammelt")
    for _ in range(2):
        assert taken() == (str(FIRST), ["passed_over"]), "a person has decided so"
    (tmp_path / f"{FIRST}.xml").unlink()
    assert taken() == (str(FIRST), ["passed_over"])
    put(THIRD, "Nyest")
    put(FIRST, "Gammelt")
    for _ in range(2):
        assert taken() == (str(THIRD), [])
    assert taken(SECOND) == (str(SECOND), ["passed_over"])


@pytest.mark.parametrize("there", [[SECOND], []])
def test_14_what_was_passed_over_before_the_upgrade_is_not_read_after_it(tmp_path: Path, there: list[date]) -> None:
    """The version before kept nothing in the cursor, and read only the accepted release as long as it was there."""
    known = InMemory()

    def taken(*put: date) -> tuple[str, list[str]]:
        for each in put:
            (tmp_path / f"{each}.xml").write_bytes(small(published=each))
        applied = known.take(Kle(KleSettings(path=tmp_path, accept_release=FIRST), day=lambda: THIRD))
        return known.cursor["released plan"], applied.rules()

    taken(FIRST)
    known.cursor = {name: each for name, each in known.cursor.items() if not name.startswith(("accepted", "passed"))}
    told = ["passed_over"] * len(there)
    assert taken(*there) == taken() == (str(FIRST), told)
    assert taken(THIRD) == taken() == (str(THIRD), [])


@pytest.mark.parametrize("named", [FIRST, None])
def test_14_the_release_that_was_there_first_holds_up_no_newer_one(tmp_path: Path, named: date | None) -> None:
    """It is named in the settings, before it is read or after, and nothing was passed over for it."""
    known = InMemory()
    for each, wanted in ((FIRST, named), (FIRST, FIRST), (SECOND, FIRST), (SECOND, FIRST)):
        (tmp_path / f"{each}.xml").write_bytes(small(published=each))
        known.take(Kle(KleSettings(path=tmp_path, accept_release=wanted), day=lambda: THIRD))
        assert known.cursor["released plan"] == str(each)


def test_15_a_web_page_in_a_file(reading: Reading) -> None:
    """As an answer of a server: test_online."""
    with pytest.raises(Unreadable, match=r"release\.xml"):
        reading.take(b"<html><body>Log ind</body></html>")


@pytest.mark.parametrize("form", ["{}", "{{{}}}", " {} ", "urn:uuid:{}"])
def test_16_forms_of_a_uuid(form: str) -> None:
    sound = uuid("27.12.04")
    assert uuid_of(form.format(sound.upper())) == sound


@pytest.mark.parametrize("wrong", ["", "-", "x", "00000000-0000-0000-0000-000000000000", uuid("27.12.04")[:-1]])
def test_16_what_is_no_uuid(reading: Reading, wrong: str) -> None:
    assert uuid_of(wrong) == ""
    applied = reading.take(small(Node("27.12.04", id=wrong)))
    assert [(each.key, each.rule, each.severity) for each in applied.problems] == [
        ("27.12.04", "malformed_uuid", "notice")
    ]
    assert reading.known.value("KleNode", "27.12.04", "kle_uuid", TODAY) is None
    assert "27.12.04" in reading.in_force(TODAY)


def test_16_ended_and_specialist_entries_may_lack_one(reading: Reading) -> None:
    """§6.4: no notice, and none is made up."""
    applied = reading.take(
        small(Node("27.12.04", id="", ended="2015-08-01"), Node("27.12.06", "Bygning [fagsystem-emne BBR]", id="?"))
    )
    assert applied.problems == []
    assert (
        reading.take(
            small(Node("27.12.04", id="", ended="2015-08-01"), Node("27.12.06", "Bygning [fagsystem-emne BBR]", id="?"))
        ).mapped
        == 0
    )


def test_16_one_uuid_on_two_numbers(reading: Reading) -> None:
    """Both are bad, what is held of them stays, the rest goes on."""
    reading.take(small(Node("27.12.04", "A"), Node("27.12.06", "B"), Node("27.12.08", "C")))
    applied = reading.take(
        small(
            Node("27.12.04", "A2"), Node("27.12.06", "B2", id=uuid("27.12.04").upper()), Node("27.12.08", "C2"),
            published=SECOND,
        )
    )  # fmt: skip
    assert [(each.key, each.field, each.rule, each.severity) for each in applied.problems] == [
        ("27.12.04", "uuid", "same_uuid", "bad"),
        ("27.12.06", "uuid", "same_uuid", "bad"),
    ]
    assert [reading.title(f"27.12.0{each}") for each in (4, 6, 8)] == ["A", "B", "C2"]
    assert reading.in_force(TODAY) == ["27", "27.12", "27.12.04", "27.12.06", "27.12.08"]


@pytest.mark.parametrize("declared", ['<!DOCTYPE a [<!ENTITY e "x">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">'])
def test_17_document_types_and_entities(reading: Reading, declared: str) -> None:
    with pytest.raises(Unreadable, match="document type"):
        reading.take(small().replace(b"<KLE-Emneplan>", declared.encode() + b"<KLE-Emneplan>"))


def test_17_absurd_depth_and_size(reading: Reading) -> None:
    with pytest.raises(Unreadable, match="depth"):
        reading.take(small(Node("27.12.04", more="<a>" * 300 + "</a>" * 300)))
    with pytest.raises(Unreadable, match="larger than 1 megabytes"):
        reading.take(small(Node("27.12.04", more="<a/>" * (1 << 18))), largest_megabytes=1)


# -- the rules of §6 that are no pitfall ------------------------------------------------------------------------------


def test_a_corrected_uuid_is_the_same_thing(reading: Reading) -> None:
    reading.take(small(Node("27.12.04"), Node("27.12.06")))
    reading.take(small(Node("27.12.04", id=uuid("27.12.04", 9)), Node("27.12.06"), published=SECOND))
    told = reading.known.of("KleNode", uuid("27.12.04"))
    assert [each.value for each in told.values["kle_uuid"]] == [uuid("27.12.04"), uuid("27.12.04", 9)]
    assert len(list(reading.known.keys("KleNode"))) == 4
    assert reading.take(small(Node("27.12.04", id=uuid("27.12.04", 9)), Node("27.12.06"), published=SECOND)).mapped == 0


def test_a_number_that_comes_back(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", ended="2026-02-01")))
    reading.take(small(Node("27.12.04"), published=SECOND))
    assert reading.known.of("KleNode", uuid("27.12.04")).exists == (
        Period(date(1988, 1, 1), date(2026, 2, 1)),
        Period(SECOND),
    )
    reading.take(small(Node("27.12.04", "Nyt navn"), published=THIRD))
    assert reading.known.of("KleNode", uuid("27.12.04")).exists[1] == Period(SECOND)


def test_what_is_missing_ends_on_the_releases_day(reading: Reading) -> None:
    reading.take(small(Node("27.12.04"), Node("27.12.06")))
    reading.take(small(Node("27.12.04"), published=SECOND))
    told = reading.known.of("KleNode", uuid("27.12.06"))
    assert told.exists == (Period(date(1988, 1, 1), SECOND),)
    assert [each.value for each in told.values["ending"]] == ["missing"]


def test_other_content_with_the_same_date_is_reported(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", "A")))
    applied = reading.take(small(Node("27.12.04", "B")))
    assert applied.rules() == ["changed_release"]
    assert reading.title("27.12.04") == "B"


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ("  Hjælp \n til  alle ", Title("Hjælp til alle")),
        ("Hjælp [udgår]", Title("Hjælp", "unknown")),
        ("Hjælp [Udgår 2015] ", Title("Hjælp", "2015")),
        ("Hjælp [udgået]", Title("Hjælp", "", True)),
        ("Om [udgår 2015] og mere", Title("Om [udgår 2015] og mere")),
    ],
)
def test_marks_of_titles(told: str, title: Title) -> None:
    assert Title.of(told) == title


def test_an_announced_end_does_not_end(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", "A [udgår 2020]")))
    assert "27.12.04" in reading.in_force(TODAY)
    assert reading.known.value("KleNode", uuid("27.12.04"), "announced_end", TODAY) == "2020"


def test_lists_do_not_take_back_what_they_have_no_place_for(reading: Reading) -> None:
    more = "<BevaringJaevnfoerArkivloven>B</BevaringJaevnfoerArkivloven>"
    reading.take(small(Node("27.12.04", ended="2027-02-01", more=more)))
    table = "".join(f"{uuid(each)};{each};Om {each}\n" for each in ("27", "27.12", "27.12.04"))
    assert reading.take(f"uuid;number;title\n{table}".encode(), "k.csv").changed == []


def test_a_wrong_date_is_that_entrys_error(reading: Reading) -> None:
    applied = reading.take(small(Node("27.12.04", created="1988-13-01"), Node("27.12.06")))
    assert [(each.key, each.field, each.rule, each.severity) for each in applied.problems] == [
        ("27.12.04", "created", "date", "bad")
    ]
    assert "27.12.06" in reading.in_force(TODAY)


@pytest.mark.parametrize(
    ("twice", "field"),
    [("<EmneTitel>B</EmneTitel>", "title"), ("<EmneNr>27.12.08</EmneNr>", "number"), ("<UUID/>", "uuid"),
     ("<EmneAdministrativInfo/>", "info")],
)  # fmt: skip
def test_what_an_entry_tells_twice_is_not_guessed(reading: Reading, twice: str, field: str) -> None:
    """What is held of it stays, the rest goes on."""
    reading.take(small(Node("27.12.04", "A"), Node("27.12.06")))
    applied = reading.take(small(Node("27.12.04", "B", more=twice), Node("27.12.06", "C"), published=SECOND))
    assert [(each.key, each.field, each.rule, each.severity) for each in applied.problems] == [
        ("27.12.04", field, "twice", "bad")
    ]
    assert (reading.title("27.12.04"), reading.title("27.12.06")) == ("A", "C")
    assert "27.12.04" in reading.in_force(TODAY)


def test_a_mark_in_composed_letters_or_not_is_one() -> None:
    assert Title.of("Gammelt [udga\u030aet]") == Title.of("Gammelt [udgået]") == Title("Gammelt", "", True)
