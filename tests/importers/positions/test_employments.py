"""The position of every employment, in the graph (positions.md §5, §7)."""

from datetime import date

import pytest

from graph.change_log import Origin
from graph.questions.unlisted_positions import unmatched_positions
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from importers.positions.graph_lookup import GraphLookup
from importers.positions.settings import PositionsSettings
from importers.positions.source import Positions
from rules.roles import RoleRule
from sample.sd_service.app import Service, serve
from sample.sd_service.state import Position as SdPosition
from tests.graph.snapshot import last_write
from tests.importers.positions.town import RING, TODAY, Town, employed, job, row
from tests.importers.sd.klit import Payroll, klit

D2024, D2025, D2027 = date(2024, 1, 1), date(2025, 1, 1), date(2027, 1, 1)


def test_by_payrolls_key_in_its_institution(town: Town) -> None:
    """Pitfall 3: the same code in two institutions is two different things."""
    town.payroll(employed("e1", job("1530")), employed("e2", job("1530"), institution="XZ"))
    town.lists(row("P010", payroll="sd:XY:1530", start="2024-01-01"))
    assert town.has("e1") == [
        ("payroll:1530", None, "2020-01-01", "2024-01-01"),
        ("P010", "payroll", "2024-01-01", None),
    ], "payroll's own position before the row begins"
    assert town.has("e2") == [("payroll:1530", None, "2020-01-01", None)]


@pytest.mark.parametrize("first", [True, False])
def test_pitfall_02_a_code_on_level_0_and_on_level_1_are_two_things(town: Town, first: bool) -> None:
    """SD's own list has the code twice; employments, and the list's key, mean the position and not the group."""
    state = klit()
    of_bo, group = SdPosition("0731", "Pædagog"), SdPosition("0731", "Alt personale", "1", (SdPosition("0730", "x"),))
    state.institutions["XA"].put_positions((of_bo, group) if first else (group, of_bo))
    with serve(Service(state)) as running:
        run_import(town.driver, Payroll(running).source(), RING)
    titles, _, _ = town.driver.execute_query(
        "MATCH (p:Position)<-[:TELLS]-(:SourceRecord {source: 'sd', key: 'position:XA:0731'}) RETURN p.title AS title"
    )
    assert [each["title"] for each in titles] == ["Pædagog"]
    town.lists(row("P1", "Pædagog", payroll="sd:XA:0731"), row("P2", "Alt personale"))
    found, _, _ = town.driver.execute_query(
        """
        MATCH (e:Employment {position_code: '0731'})-[as:AS {how: 'payroll'}]->(p:Position)
        WHERE as.to IS NULL
        RETURN DISTINCT p.code AS code
        """
    )
    assert [each["code"] for each in found] == ["P1"]


def test_pitfall_08_a_new_title_is_the_same_position(town: Town) -> None:
    """From the row's day on; who has it keeps it, and nothing else is news."""
    town.payroll(employed("e1", job("10")))
    town.lists(row("P1", "Et", payroll="sd:XY:10"), row("P2", "To"))
    (before,) = town.position("P1")
    report = town.lists(row("P1", "Nyt", payroll="sd:XY:10"), row("P2", "To"))
    assert report.as_counts() == {"Position": {"changed": 1}}
    (after,) = town.position("P1")
    assert (after["uuid"], after["title"]) == (before["uuid"], "Nyt")
    two = (
        row("P1", "Nyt", payroll="sd:XY:10", end="2026-01-01"),
        row("P1", "Senere", payroll="sd:XY:10", start="2026-01-01"),
    )
    town.lists(*two, row("P2", "To"))
    assert [(each["uuid"], each["title"], each["to"]) for each in town.position("P1")] == [
        (before["uuid"], "Nyt", "2026-01-01"),
        (before["uuid"], "Senere", None),
    ]
    assert town.has("e1") == [("P1", "payroll", "2020-01-01", None)]


def test_codes_that_the_list_does_not_know_are_counted(town: Town) -> None:
    """positions.md §5.5."""
    others = (employed(f"e{each}", job("99", "Ukendt")) for each in range(3))
    town.payroll(employed("k", job("10")), *others, employed("x", job("", "Løs")))
    town.lists(row("P1", "Et", payroll="sd:XY:10"))
    found = [(each.source, each.code, each.employments) for each in unmatched_positions(town.driver, TODAY)]
    assert found == [("sd", "99", 3), ("sd", "", 1)]


def test_by_krls_code_and_by_title(town: Town) -> None:
    town.payroll(employed("e1", job("1530"), stk="2640500"), employed("e2", job("1540", "Kontorfunktionær, vikar")))
    town.lists(row("P090", "Assistent", stk="264-05"), row("P091", "Fuldmægtig", match="kontorfunk*"))
    assert town.has("e1") == [("P090", "stk", "2020-01-01", None)]
    assert town.has("e2") == [("P091", "title", "2020-01-01", None)]


def test_an_unknown_code(town: Town) -> None:
    """Pitfall 5: the employment stays as payroll has it."""
    town.payroll(employed("e1", job("9999", "Ukendt")))
    town.lists(row("P010", payroll="sd:XY:1530"))
    assert town.has("e1") == [("payroll:9999", None, "2020-01-01", None)]


def test_history_keeps_the_position_of_its_time(town: Town) -> None:
    town.payroll(employed("e1", job("10", end=D2024), job("20", start=D2024)))
    town.lists(row("P1", "Et", payroll="sd:XY:10"), row("P2", "To", payroll="sd:XY:20"))
    assert town.has("e1") == [
        ("P1", "payroll", "2020-01-01", "2024-01-01"),
        ("P2", "payroll", "2024-01-01", None),
    ]


def test_a_change_of_the_list_counts_from_its_from_on_and_never_earlier(town: Town) -> None:
    town.payroll(employed("e1", job("10")))
    town.lists(row("P1", "Et", payroll="sd:XY:10"), row("P2", "To"))
    town.lists(row("P1", "Et"), row("P2", "To", payroll="sd:XY:10", start="2025-01-01"))
    assert town.has("e1")[-1] == ("P2", "payroll", "2025-01-01", None)
    town.lists(row("P1", "Et"), row("P2", "To", payroll="sd:XY:11", start="2026-01-01"))
    assert ("P2", "payroll", "2025-01-01", "2026-01-01") in town.has("e1"), "what the row told of 2025 stays"


def test_a_position_that_comes_does_not_count_today(town: Town) -> None:
    """Pitfall 16."""
    town.payroll(employed("e1", job("10", end=D2027), job("20", start=D2027)))
    town.lists(row("P1", "Et", payroll="sd:XY:10"), row("P2", "To", payroll="sd:XY:20"))
    assert town.has("e1") == [("P1", "payroll", "2020-01-01", "2027-01-01"), ("P2", "payroll", "2027-01-01", None)]


def test_a_row_that_ended_is_kept_and_hr_is_reported(town: Town) -> None:
    """Pitfall 6."""
    town.payroll(employed("e1", job("10")), employed("e2", job("10", start=D2025)))
    town.lists(row("P1", "Et", payroll="sd:XY:10", end="2025-01-01", replaced_by="P2"), row("P2", "To"))
    assert town.has("e1") == [("P1", "payroll", "2020-01-01", None)]
    assert town.has("e2") == [("payroll:10", None, "2025-01-01", None)], "nobody gets it anew"
    assert town.problems() == {("position P1", "position", "ended_in_use")}
    town.lists(row("P1", "Et", end="2025-01-01"), row("P2", "To", payroll="sd:XY:10"))
    assert town.has("e1") == [("P2", "payroll", "2020-01-01", None)]
    assert town.problems() == set()


def test_a_row_that_is_gone_ends_on_the_day_of_the_import(town: Town) -> None:
    """Pitfall 7: and it is never deleted."""
    town.payroll(employed("e1", job("10")))
    town.lists(row("P1", "Et", payroll="sd:XY:10"), row("P2", "To"))
    town.lists(row("P2", "To"))
    assert [(each["from"], each["to"]) for each in town.position("P1")] == [("0001-01-01", TODAY.isoformat())]
    assert town.has("e1") == [("P1", "payroll", "2020-01-01", None)]
    assert town.problems() == {("position P1", "position", "ended_in_use")}
    before = last_write(town.driver)
    town.day = date(2026, 3, 3)
    town.lists(row("P2", "To"))
    assert last_write(town.driver) == before, "it has ended once"
    town.lists(row("P1", "Et", start="2026-03-03"), row("P2", "To"))
    assert len(town.position("P1")) == 2


def test_many_rows_that_are_gone_stop_at_the_brake(town: Town) -> None:
    """Pitfall 7: through the brake."""
    rows = [row(f"P{each}", f"Stilling {each}") for each in range(20)]
    town.lists(*rows)
    stopped = town.lists(*rows[:5])
    assert stopped.brake
    assert town.position("P19")[0]["to"] is None
    assert town.read(approve=stopped.brake).brake is None
    assert town.position("P19")[0]["to"] == TODAY.isoformat()


def test_a_column_or_a_list_of_categories_that_is_gone_waits_for_a_person(town: Town) -> None:
    """What the list does not tell at all any more says nothing of each position."""
    town.categories("PAED;Pædagogik;")
    town.payroll(employed("e1", job("1530")))
    town.lists(row("P1", payroll="sd:XY:1530", level="5"))
    had = town.has("e1")
    (town.folder / "positions.csv").write_text("code;title;category\nP1;Pædagog;PAED\n")
    report = town.read()
    assert "the column 'payroll' is missing, and was there before" in report.reasons
    assert town.has("e1") == had
    town.put(row("P1", payroll="sd:XY:1530", level="5"))
    (town.folder / "position_categories.csv").unlink()
    report = town.read()
    assert report.reasons == ("the list of categories is missing, and was there before",)
    assert town.read(approve=report.brake).brake is None
    assert town.read().reasons == ()


def test_the_same_again_writes_nothing_and_new_employments_are_matched(town: Town) -> None:
    """Pitfall 15: also employments that come later, with the list as it was."""
    town.payroll(employed("e1", job("10")))
    rows = (
        row("P1", "Et", payroll="sd:XY:10"),
        row("P3", "Et", match="pæd*|a*b"),
        row("P4", "Fire", replaced_by="P9"),
        row("P2", "To", category=""),
    )
    town.lists(*rows)
    before = last_write(town.driver)
    town.lists(*rows)
    assert last_write(town.driver) == before
    town.payroll(employed("e1", job("10")), employed("e2", job("10"), who="p2"))
    town.read()
    assert town.has("e2") == [("P1", "payroll", "2020-01-01", None)]


def test_two_positions_that_fit_are_on_the_list(town: Town) -> None:
    """Pitfall 12 in the graph: no match, and HR sees why, until the list is clear."""
    town.payroll(employed("e1", job("10", "Pædagogisk assistent")))
    town.lists(row("P1", "Et", match="pæda*"), row("P2", "To", match="*tent"))
    assert town.has("e1") == [("payroll:10", None, "2020-01-01", None)]
    assert town.problems() == {("sd:XY:10:Pædagogisk assistent", "position", "ambiguous_position")}
    town.lists(row("P1", "Et", match="pæda*"), row("P2", "To", match="*assistent"))
    assert town.has("e1") == [("P2", "title", "2020-01-01", None)]
    assert town.problems() == set()


def test_a_choice_by_hand_outranks_the_list_until_it_is_released(town: Town) -> None:
    town.payroll(employed("e1", job("10")))
    rows = row("P1", "Et", payroll="sd:XY:10"), row("P2", "To")
    town.lists(*rows)
    ids, _, _ = town.driver.execute_query(
        """
        MATCH (:SourceRecord {source: 'sd', key: 'e1'})-[:TELLS]->(e)
        MATCH (:SourceRecord {source: 'positions', key: 'P2'})-[:TELLS]->(p)
        RETURN e.uuid AS employment, p.uuid AS position
        """
    )
    employment, position = ids[0]

    def choose(statement: Statement) -> Statement:
        chosen = (DatedLink(Period(), Ref("Position", position, by="uuid"), (("how", "manual"),)),)
        return Statement(statement.kind, statement.key, exists=None, links={"position": chosen})

    door = GraphWriter(town.driver, RING)
    door.amend("Employment", employment, choose, Origin("manual", user="hr"))
    town.lists(*rows)
    assert town.has("e1") == [("P2", "manual", "2020-01-01", None)]
    released = Statement("Employment", employment, exists=None)
    door.amend("Employment", employment, lambda _: released, Origin("manual", user="hr"))
    assert town.has("e1") == [("P1", "payroll", "2020-01-01", None)]


def test_leader_in_the_list_makes_nobody_a_manager(town: Town) -> None:
    """Pitfall 11."""
    town.rules = (RoleRule(name="managers", role="manager", position_codes=frozenset({"1010"})),)
    titles = "Afdelingsleder, stedfortræder", "lederassistent", "Konsulent uden ledelsesansvar", "Leder"
    town.payroll(*(employed(f"e{place}", job("10", title)) for place, title in enumerate(titles)))
    town.lists(row("P1", "Leder", match="*leder*", leader="yes", level="1", disco="134100"))
    assert town.has("e3") == [("P1", "title", "2020-01-01", None)]
    assert town.managers() == []


def test_a_dry_run_shows_the_matches_and_writes_nothing(town: Town) -> None:
    town.payroll(employed("e1", job("10")))
    before = last_write(town.driver)
    town.put(row("P1", "Et", payroll="sd:XY:10"))
    report = town.read(dry_run=True)
    assert report.as_counts()["Position"] == {"created": 1}
    assert report.as_counts()["Employment"] == {"changed": 1}
    assert last_write(town.driver) == before


def test_codes_of_opus_with_and_without_the_client(town: Town) -> None:
    """Pitfall 4: one id with two texts is one position, one text with two ids is two; without id the title tells."""
    jobs = [("10034", "Pædagog"), ("10034", "Pædagog, nat"), ("10035", "Pædagog"), ("", "Pædagog")]
    town.payroll(
        *(employed(f"e{n}", job(*each), institution="800") for n, each in enumerate(jobs)),
        employed("e4", job("10034"), institution="801"),
        source="opus",
    )
    source = Positions(PositionsSettings(path=town.folder), GraphLookup(town.driver), day=lambda: TODAY)
    town.put(
        row("P1", "Pædagog", payroll="opus:0010034"),
        row("P2", "Lærer", payroll="opus:10035"),
        row("P3", "Psykolog", payroll="opus:801:10034"),
    )
    run_import(town.driver, source, RING)
    found = [town.has(f"e{n}", "opus")[0][:2] for n in range(5)]
    assert found == [("P1", "payroll"), ("P1", "payroll"), ("P2", "payroll"), ("P1", "title"), ("P3", "payroll")]
