"""The five files. Numbers are those of plan2learn.md's pitfalls."""

import csv
import io
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from exporters.plan2learn.image import Position
from exporters.plan2learn.settings import Plan2LearnSettings
from exporters.plan2learn.shape import shaped
from tests.exporters.plan2learn.andeby import (
    AT,
    NURSE,
    UNITS,
    content,
    employment,
    files,
    leader,
    organisation,
    person,
    settings,
    unit,
)

ALMA = person("p1")
BIRK = person("p2", "Birk Prøvesen", "0202575002")


def test_01_two_employments_are_one_person_and_two_employments_one_of_them_primary() -> None:
    told = files(organisation(employment("e1", ALMA, fraction=0.4), employment("e2", ALMA, "south", fraction=0.6)))
    assert len(told["person"]) == 1
    assert [(row["EngagementId"], row["Primær"]) for row in told["employment"]] == [("e1", "0"), ("e2", "1")]


def test_01_the_only_employment_is_primary() -> None:
    assert files(organisation(employment("e1", ALMA)))["employment"][0]["Primær"] == "1"


def test_02_a_future_employment_is_told_with_its_start() -> None:
    future = organisation(employment("e1", ALMA, start=AT + timedelta(days=30)))
    told = files(future)
    assert [row["BrugerId"] for row in told["person"]] == ["p1"]
    row = told["employment"][0]
    assert (row["AktivStatus"], row["StartdatoEngagement"]) == ("0", "2026-04-01")
    assert files(future, settings(active_status="always_1"))["employment"][0]["AktivStatus"] == "1"
    assert files(future, settings(days_ahead=29))["person"] == []


def test_02_a_begun_employment_has_no_start_but_in_the_variant_rsd() -> None:
    begun = organisation(employment("e1", ALMA))
    assert files(begun)["employment"][0]["StartdatoEngagement"] == ""
    assert files(begun, settings(variant="rsd"))["employment"][0]["StartdatoEngagement"] == "2015-08-01"


def test_04_a_leader_of_a_left_out_unit_refers_to_no_unknown_unit() -> None:
    seen = organisation(employment("e1", ALMA), leaders=(leader("a1", "p1", "team"), leader("a2", "p1", "north")))
    told = files(seen)
    known = {row["AfdelingsID"] for row in told["unit"]}
    assert known == {"root", "north", "south"}
    assert {row["AfdelingsID"] for row in told["leader"]} <= known
    assert [row["AfdelingsID"] for row in told["leader"]] == ["north"]


def test_05_an_employment_in_a_left_out_unit_is_dropped_and_counted_or_lifted() -> None:
    seen = organisation(employment("e1", ALMA, "team"), employment("e2", ALMA, "south"))
    made = shaped(seen, settings(), AT)
    assert made.counts == {"in_excluded_unit": 1}
    assert [row["EngagementId"] for row in files(seen)["employment"]] == ["e2"]
    lifted = files(seen, settings(in_excluded_unit="lift"))["employment"]
    assert [(row["EngagementId"], row["AfdelingsId"]) for row in lifted] == [("e1", "north"), ("e2", "south")]


def test_settings_that_match_nothing_are_noticed() -> None:
    chosen = settings(
        roots=("root", "rot"),
        excluded_levels=["Afdelingsniveau", "team"],
        excluded_units=["nowhere"],
        employment_types=["monthly_full", "hourly", "monthly"],
    )
    made = shaped(organisation(employment("e1", ALMA)), chosen, AT)
    told = {(each.field, each.key) for each in made.notices if each.rule == "setting_matches_nothing"}
    assert told >= {
        ("roots", "rot"),
        ("excluded_levels", "Afdelingsniveau"),
        ("excluded_units", "nowhere"),
        ("employment_types", "monthly"),
    }
    assert not {("roots", "root"), ("employment_types", "hourly")} & told


def test_units_in_settings_may_be_written_in_capitals() -> None:
    uuid = "0A0B0C0D-0000-4000-8000-000000000001"
    chosen = settings(roots=(uuid, "R1"), excluded_units=[uuid])
    assert chosen.roots == (uuid.lower(), "R1")
    assert chosen.excluded_units == {uuid.lower()}


def test_05_a_lift_makes_nobody_the_leader_of_the_unit_above() -> None:
    seen = organisation(employment("e1", ALMA, "team"), leaders=(leader("a1", "p1", "team"),))
    made = shaped(seen, settings(in_excluded_unit="lift"), AT)
    assert made.counts["in_excluded_unit"] == 1
    told = files(seen, settings(in_excluded_unit="lift"))
    assert ([row["AfdelingsId"] for row in told["employment"]], told["leader"]) == (["north"], [])


def test_01_the_lowest_number_is_lowest_as_a_number() -> None:
    two = organisation(employment("e1", ALMA, number="100"), employment("e2", ALMA, "south", number="99"))
    assert [(row["EngagementId"], row["Primær"]) for row in files(two)["employment"]] == [("e1", "0"), ("e2", "1")]


def test_06_only_positions_in_use_and_none_invented() -> None:
    seen = organisation(employment("e1", ALMA, position=None), employment("e2", BIRK, "team", position=NURSE))
    told = files(seen)
    assert told["position"] == []
    assert told["employment"][0]["StillingskodeId"] == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-bom", "windows-1252", "iso-8859-1"])
def test_07_any_text_comes_back_from_a_standard_csv_reader(encoding: str) -> None:
    name = 'Nord; "Ærø"\r\nog Øst'
    units = (unit("root", None, name=name),)
    chosen = settings(form={"encoding": encoding})
    codec = {"utf-8-bom": "utf-8-sig", "windows-1252": "cp1252"}.get(encoding, encoding)
    text = content(organisation(units=units), "unit", chosen).decode(codec)
    read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row["Afdelingsnavn"] for row in read] == [name]


def test_09_ten_digits_and_leading_zeros() -> None:
    told = files(
        organisation(
            employment("e1", person("p1", cpr="020257-5002")), units=(*UNITS[1:], unit("root", None, postal_code="999"))
        )
    )
    assert told["person"][0]["CPR"] == "0202575002"
    assert [row["Postnr"] for row in told["unit"] if row["AfdelingsID"] == "root"] == ["0999"]


def test_10_the_address_comes_from_its_parts() -> None:
    units = (unit("root", None, street="Gl. Vej 1, st. tv.", postal_code="8800", city="Viborg"),)
    row = files(organisation(units=units))["unit"][0]
    assert (row["Gade"], row["Postnr"], row["By"]) == ("Gl. Vej 1, st. tv.", "8800", "Viborg")


def test_11_protected_people_have_no_phone_and_no_private_email() -> None:
    protected = person("p1", protected=True, email="alma@example.org", phone="12345678")
    both = settings(email_types=["work", "private"], phone_types=["work", "private"])
    row = files(organisation(employment("e1", protected, phone="87654321")), both)["person"][0]
    assert (row["Navn"], row["E-mail"], row["Mobil"]) == ("Alma Testrup", "", "")


def test_12_a_phone_of_a_type_that_is_not_listed_is_not_sent() -> None:
    private = person("p1", phone="12345678")
    assert files(organisation(employment("e1", private)))["person"][0]["Mobil"] == ""


def test_12_of_two_phones_of_a_type_the_same_is_taken_every_time() -> None:
    one = employment("e1", ALMA, number="7", phone="+45 12 34 56 78")
    two = employment("e2", ALMA, number="8", phone="87654321")
    chosen = {files(organisation(*each))["person"][0]["Mobil"] for each in ((one, two), (two, one))}
    assert chosen == {"12345678"}


def test_12_phones_have_no_blanks() -> None:
    row = files(organisation(employment("e1", ALMA, phone="12 34 56 78")), settings(phone_form="e164"))["person"][0]
    assert row["Mobil"] == "+4512345678"


def test_13_a_vacancy_has_no_row_and_two_leaders_have_two() -> None:
    two = (leader("a1", "p1", "north", "Personaleledelse"), leader("a2", "p2", "north"))
    told = files(organisation(employment("e1", ALMA), employment("e2", BIRK), leaders=two))
    assert [(row["BrugerId"], row["AfdelingsID"], row["Titel"]) for row in told["leader"]] == [
        ("p1", "north", "Personaleledelse"),
        ("p2", "north", ""),
    ]


def test_14_a_type_that_is_listed_twice_counts_once() -> None:
    seen = organisation(employment("e1", person("p1", email="a@example.org"), email="a@andeby.dk"))
    once, twice = settings(email_types=["work", "private"]), settings(email_types=["work", "work", "private"])
    assert files(seen, once) == files(seen, twice)
    assert files(seen, once)["person"][0]["E-mail"] == "a@andeby.dk"


def test_15_a_root_has_no_parent_though_there_is_one() -> None:
    units = (unit("outside", None), *UNITS)
    told = files(organisation(units=units), settings(roots=["root"]))["unit"]
    assert {row["AfdelingsID"]: row["Parentid"] for row in told} == {"root": "", "north": "root", "south": "root"}


def test_19_no_settings_without_an_encoding() -> None:
    with pytest.raises(ValidationError, match="encoding"):
        settings(form={})
    with pytest.raises(ValidationError, match="form"):
        Plan2LearnSettings.model_validate({"delivery": {"kind": "folder", "path": "/nowhere"}})


def test_19_the_header_in_both_encodings() -> None:
    seen = organisation()
    utf8 = content(seen, "employment", settings(form={"encoding": "utf-8"}))
    ansi = content(seen, "employment", settings(form={"encoding": "windows-1252"}))
    assert b'"Prim\xc3\xa6r"' in utf8
    assert b'"Prim\xe6r"' in ansi


def test_20_a_person_without_cpr_number_is_left_out_and_told_of() -> None:
    seen = organisation(
        employment("e1", person("p1", cpr=None)), employment("e2", BIRK), leaders=(leader("a1", "p1", "north"),)
    )
    made = shaped(seen, settings(), AT)
    assert [(each.object, each.key, each.problem) for each in made.parked] == [("person", "p1", "without_cpr")]
    told = files(seen)
    assert [row["BrugerId"] for row in (*told["person"], *told["employment"], *told["leader"])] == ["p2", "p2"]
    permitted = files(seen, settings(without_cpr="deliver"))
    assert [row["CPR"] for row in permitted["person"]] == ["", "0202575002"]


def test_22_every_field_is_quoted_and_the_last_line_ends() -> None:
    written = content(organisation(employment("e1", ALMA)), "position", settings())
    assert written == (
        b'"StillingskodeID";"AktivStatus";"Stillingskode";"Stillingskode#"\r\n'
        b'"pos-nurse";"1";"Sygeplejerske";"pos-nurse"\r\n'
    )


def test_23_employed_in_a_left_out_unit_only() -> None:
    seen = organisation(employment("e1", ALMA, "team"))
    made = shaped(seen, settings(), AT)
    assert made.counts == {"in_excluded_unit": 1, "only_in_excluded_units": 1}
    assert files(seen)["person"] == []
    everybody = settings(persons="all_under_root")
    assert [row["BrugerId"] for row in files(seen, everybody)["person"]] == ["p1"]
    assert files(seen, everybody)["employment"] == []
    assert shaped(seen, everybody, AT).counts == made.counts


def test_columns_are_those_of_today() -> None:
    made = shaped(organisation(), settings(), AT)
    assert {each.name: " ".join(each.columns) for each in made.files} == {
        "organisation.csv": "AfdelingsID Afdelingsnavn Parentid Gade Postnr By",
        "stillingskode.csv": "StillingskodeID AktivStatus Stillingskode Stillingskode#",
        "bruger.csv": "BrugerId CPR Navn E-mail Mobil Stilling",
        "engagement.csv": "EngagementId BrugerId AfdelingsId AktivStatus StillingskodeId Primær Engagementstype "
        "StartdatoEngagement",
        "leder.csv": "BrugerId AfdelingsID AktivStatus Titel",
    }
    rsd = shaped(organisation(), settings(variant="rsd"), AT)
    assert rsd.files[-1].columns[-1] == "OrganisationsfunktionsUUID"


def test_the_variant_rsd() -> None:
    seen = organisation(
        employment("e1", ALMA, number="9", title="Overlæge"),
        employment("e2", ALMA, number="10", title="Konsulent", fraction=1.0),
        leaders=(leader("a1", "p1", "north", "Drift", "Personaleledelse"),),
    )
    told = files(seen, settings(variant="rsd"))
    assert {row["Primær"] for row in told["employment"]} == {"0"}
    assert told["person"][0]["Stilling"] == "Overlæge"
    assert told["leader"][0]["Titel"] == "Personaleledelse"
    assert told["leader"][0]["OrganisationsfunktionsUUID"] == "a1"
    assert files(seen)["leader"][0]["Titel"] == "Drift, Personaleledelse"


def test_a_local_title_wins_over_the_position() -> None:
    own = files(organisation(employment("e1", ALMA, title="Specialsygeplejerske")))["person"][0]
    assert own["Stilling"] == "Specialsygeplejerske"
    assert files(organisation(employment("e1", ALMA)))["person"][0]["Stilling"] == "Sygeplejerske"


def test_columns_can_be_renamed_dropped_and_added() -> None:
    chosen = settings(columns={"position": {"Kode": "StillingskodeID", "Navn": "Stillingskode", "Kilde": "=REConnect"}})
    assert files(organisation(employment("e1", ALMA)), chosen)["position"] == [
        {"Kode": "pos-nurse", "Navn": "Sygeplejerske", "Kilde": "REConnect"}
    ]


def test_files_13_an_unknown_field_is_refused_when_the_settings_are_read() -> None:
    with pytest.raises(ValidationError, match=r"columns\.unit\.Telefon: there is no field 'Phone'"):
        settings(columns={"unit": {"Telefon": "Phone"}})


def test_file_names_have_only_what_is_filled_in() -> None:
    """A name that differs each day, such as {time}, is sent as another file although nothing in it does."""
    assert settings(names={"person": "{municipality}_{date}.csv"}).names["person"]
    for wrong in (
        {"names": {"person": "bruger_{time}.csv"}}, {"names": {"unit": "{run}.csv"}}, {"names": {"unit": "{date"}},
        {"ready": "ready_{date}.txt"}, {"manifest": "{date}.json"},
    ):  # fmt: skip
        with pytest.raises(ValidationError, match="filled in"):
            settings(**wrong)


def test_rows_are_sorted_by_key_whatever_the_order_of_the_image() -> None:
    given = [employment(f"e{n}", person(f"p{n}"), position=Position(f"k{n}", "x")) for n in range(9)]
    assert shaped(organisation(*given), settings(), AT) == shaped(organisation(*reversed(given)), settings(), AT)


def test_only_allowed_types_of_employment() -> None:
    told = files(organisation(employment("e1", ALMA, type="unpaid"), employment("e2", BIRK, type="hourly")))
    assert [row["BrugerId"] for row in told["person"]] == ["p2"]


def test_who_is_on_leave_is_kept_unless_the_settings_say_otherwise() -> None:
    seen = organisation(employment("e1", ALMA, on_leave=True))
    assert files(seen)["employment"][0]["AktivStatus"] == "1"
    assert files(seen, settings(on_leave="leave_out"))["person"] == []


def test_another_key_for_people_is_used_in_all_files() -> None:
    seen = organisation(employment("e1", ALMA, number="4711"), leaders=(leader("a1", "p1", "north"),))
    for key, value in (("cpr", "1101575001"), ("employment_number", "4711")):
        told = files(seen, settings(person_key=key))
        assert {row["BrugerId"] for file in ("person", "employment", "leader") for row in told[file]} == {value}


def test_01_a_key_that_two_people_have_is_nobodys() -> None:
    """Employment numbers repeat across institutions; the receiver would make one person of the two."""
    seen = organisation(
        employment("e1", ALMA, number="00417"),
        employment("e2", BIRK, number="00417"),
        employment("e3", person("p3", cpr="0303575003"), number="00418"),
        employment("e4", person("p4", cpr="0404575004"), number=""),
        leaders=(leader("a1", "p1", "north"),),
    )
    made = shaped(seen, settings(person_key="employment_number"), AT)
    assert [(each.key, each.problem) for each in made.parked] == [
        ("p1", "same_key"),
        ("p2", "same_key"),
        ("p4", "no_key"),
    ]
    told = files(seen, settings(person_key="employment_number"))
    assert [row["BrugerId"] for row in told["person"]] == ["00418"]
    assert ([row["BrugerId"] for row in told["employment"]], told["leader"]) == (["00418"], [])
    assert len(files(seen)["person"]) == 4 and files(seen)["person"][0]["BrugerId"] == "p1"


@pytest.mark.parametrize("on_leave", [False, True])
def test_01_a_persons_key_is_the_same_whichever_employment_is_primary(on_leave: bool) -> None:
    two = organisation(
        employment("e1", ALMA, number="00417", fraction=0.8, on_leave=on_leave),
        employment("e2", ALMA, "south", number="00500", fraction=0.2),
    )
    told = files(two, settings(person_key="employment_number"))
    assert [row["BrugerId"] for row in told["person"]] == ["00417"]
    assert [row["Primær"] for row in told["employment"]] == (["0", "1"] if on_leave else ["1", "0"])


def test_23_an_employment_without_a_unit_today_is_told() -> None:
    made = shaped(organisation(employment("e1", ALMA, None), employment("e2", BIRK, "elsewhere")), settings(), AT)
    assert [(each.key, each.rule) for each in made.notices if each.object == "employment"] == [("e1", "no_unit")]
    assert made.counts["no_unit"] == 1


def test_the_file_name_may_hold_the_day_and_the_municipality() -> None:
    chosen = settings(names={"unit": "{municipality}_{date}.csv"}, municipality="andeby")
    assert shaped(organisation(), chosen, date(2026, 3, 2)).files[0].name == "andeby_2026-03-02.csv"


def test_files_23_what_refers_to_a_parked_person_waits_and_comes_with_the_person() -> None:
    def seen(cpr: str | None) -> dict[str, int]:
        told = files(
            organisation(employment("e1", person("p1", cpr=cpr)), leaders=(leader("a1", "p1", "north"),)),
        )
        return {file: len(told[file]) for file in ("person", "employment", "leader", "position")}

    assert seen(None) == {"person": 0, "employment": 0, "leader": 0, "position": 0}
    assert seen("1101575001") == {"person": 1, "employment": 1, "leader": 1, "position": 1}


def test_a_leader_without_delivered_employment_has_no_row_and_is_reported() -> None:
    made = shaped(organisation(leaders=(leader("a1", "p9", "north"),)), settings(), AT)
    assert made.counts == {"person_not_delivered": 1}


def test_the_parent_of_a_unit_skips_what_is_left_out() -> None:
    units = (*UNITS, unit("below", "team"))
    told = files(organisation(units=units))["unit"]
    assert {row["AfdelingsID"]: row["Parentid"] for row in told}["below"] == "north"
