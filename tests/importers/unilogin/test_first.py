"""One institution from the signed request to the graph."""

from tests.graph.snapshot import last_write
from tests.importers.unilogin.school import ALMA, BAKKE, Schools, alma, birk, cille, teacher


def test_an_institution_end_to_end(schools: Schools) -> None:
    schools.bakke.members = [
        alma(roles=("Lærer", "Ledelse"), initials="AT", occupation="Lærer, afdelingsleder"),
        birk(roles=("Leder",)),
        cille(roles=("Vikar",)),
        teacher("ekst1234", "Dorte", "Fremmed", "0412575004", kind="Extern", roles=("Praktikant",)),
    ]
    report = schools.run()
    assert report.reasons == ()
    assert schools.service.calls == [
        ("helloWorldWithCertificate", ""),
        ("hentDataAftalerFuldMyndighed", ""),
        ("eksporterXmlFuldMyndighed", BAKKE),
    ]
    assert schools.employment("e-alma") == (["Ledelse", "Lærer"], "AT", "Lærer, afdelingsleder")
    assert schools.employment("e-birk") == (["Leder"], None, None)
    assert schools.affiliations() == [
        ("Cille Eksempel", "Bakke", "school staff", ["Vikar"]),
        ("Dorte Fremmed", "Bakke", "trainee", ["Praktikant"]),
    ]
    assert schools.accounts() == [
        ("1000013b36", "Birk Prøvesen", [BAKKE], None),
        ("alma417k", "Alma Testrup", [BAKKE], None),
        ("cill226q", "Cille Eksempel", [BAKKE], None),
        ("ekst1234", "Dorte Fremmed", [BAKKE], None),
    ]
    assert len(schools.persons()) == 4


def test_an_unchanged_institution_writes_its_mark_and_nothing_else(schools: Schools) -> None:
    schools.bakke.members = [alma(), cille()]
    first = schools.run()
    assert first.changes > 0
    again = schools.later(0.25).run()
    assert (again.changes, again.as_counts(), again.unchanged) == (0, {}, 9)
    runs = schools.rows("MATCH (r:Run {name: 'unilogin'}) RETURN count(r)")
    assert runs == [(1,)], "a run that finds nothing new is not noted"


def test_within_the_pause_nothing_is_asked_for_and_nothing_written(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    schools.run()
    schools.service.calls.clear()
    before = last_write(schools.driver)
    schools.later(0.2).run()
    assert schools.service.calls == [("hentDataAftalerFuldMyndighed", "")]
    assert last_write(schools.driver) == before


def test_no_cpr_number_is_where_it_should_not_be(schools: Schools) -> None:
    schools.bakke.members = [alma(), cille(cpr_type="CPR_UNVERIFIED")]
    schools.run()
    everything = schools.rows("MATCH (n) RETURN properties(n)")
    assert "alma417k" in str(everything)
    assert ALMA not in str(everything)
