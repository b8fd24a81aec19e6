"""From the municipality's own facts to KOMBIT and back: what was written and read is what a login sends."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import neo4j
import yaml

from exporters.fk_adm.target import FkAdm as Target
from exporters.objects.export import run_object_export
from graph.questions.rights.asking import Asked
from graph.time import today
from idp.claims.oio_bpp import Privileges
from idp.claims.person_claims import sent
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.fk_adm.graph_lookup import GraphLookup
from importers.fk_adm.settings import FkAdmSettings
from importers.fk_adm.source import FkAdm as Source
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from sample.fk_adm_service.records import KLE, OVERVIEW, SENSITIVITY, uuid_of
from tests.exporters.fk_adm.town import CVR, LEVELS, PARAMETER, READ, RING, URI, Town
from tests.exporters.plan2learn.reading import image_reader

SINCE = str(today() - timedelta(days=30))


def facts(level: str) -> dict[str, Any]:
    kle = {"title": "KLE", "uri": KLE, "content": "kle", "form": "text"}
    levels = {"title": "Følsomhed", "uri": SENSITIVITY, "content": "sensitivity", "form": "multi", "cumulative": True,
              "levels": list(LEVELS)}  # fmt: skip
    return {
        "kle": {"15": None, "15.20": "15"},
        "units": [{"id": "job", "name": "Jobcenter", "performs": ["15.20"], "from": SINCE}],
        "persons": [{"id": "anna", "name": "Anna Berg"}],
        "employments": [{"id": "e1", "person": "anna", "from": SINCE, "units": [{"unit": "job"}]}],
        "systems": {"overblik": {"title": "Overblik"}},
        "constraint_types": {"kle": kle, "level": levels},
        "system_roles": {
            "read": {"title": "Læs", "uri": READ["uri"], "system": "overblik", "required": ["kle", "level"]}
        },
        "job_function_roles": {"borger": {"title": "Borgerservice", "uri": URI, "includes": ["system_role:read"]}},
        "constraint_settings": [
            {"id": "kle", "of": "job_function_role:borger", "type": "kle", "derived": "kle_performs",
             "parameter": PARAMETER},
            {"id": "level", "of": "job_function_role:borger", "type": "level", "fixed": [level]},
        ],
        "grants": [{"id": "g", "title": "G", "gives": "job_function_role:borger", "given_to": ["unit:job"]}],
    }  # fmt: skip


def test_a_role_counts_at_kombit_once_it_was_written_and_read_back(
    clean_graph: neo4j.Driver, addresses: Addresses, town: Town, tmp_path: Path
) -> None:
    """kombit_access.md pitfall 19, and rule 21: narrowed here, it is left out until KOMBIT has it so as well."""
    settings = town.settings()
    own = ("certificate", "private_key", "authority", "cvr", "url", "own_machine", "calls_per_second")
    source = FkAdmSettings.model_validate(
        {**{name: getattr(settings, name) for name in own}, "systems": {uuid_of(OVERVIEW): "overblik"}}
    )

    def state(level: str) -> None:
        file = tmp_path / "facts.yaml"
        file.write_text(yaml.safe_dump(facts(level), allow_unicode=True), encoding="utf-8")
        report = run_import(clean_graph, Facts(FactsSettings(), file), RING)
        assert report.problems == []

    def read() -> None:
        lookup = GraphLookup(clean_graph, Source.name, "production")
        run_import(clean_graph, Source(source, lookup, sleep=lambda _: None), RING)

    def write() -> None:
        target = Target("fk_adm", settings, sleep=lambda _: None)
        image = image_reader(addresses, clean_graph, RING)
        report = run_object_export(clean_graph, target, image, RING, at=today(), sleep=lambda _: None)
        assert (report.error, report.parked) == ("", [])

    def login() -> Privileges:
        with clean_graph.session() as session:
            anna = session.run("MATCH (p:Person {name: 'Anna Berg'}) RETURN p.uuid").single(strict=True)[0]
            return sent(session, Asked(anna), None, CVR, today(), {})

    def left_out() -> list[str]:
        found = login()
        assert (found.xml is None) == bool(found.omitted)
        return [each.reason for each in found.omitted]

    state("FORTROLIGE_PERSONOPLYSNINGER")
    read()
    assert left_out() == ["unknown_at_kombit"]
    write()
    assert left_out() == ["unknown_at_kombit"], "accepted, and not read back yet"
    read()
    ((group,),) = (login().groups,)
    assert (group.privilege, [(each.name, each.values) for each in group.constraints]) == (
        URI, [(PARAMETER, ("15.20.*",))],
    )  # fmt: skip

    state("IKKE_FORTROLIGE_DATA")
    assert left_out() == ["differs_at_kombit"]
    assert "FORTROLIGE" not in town.at_kombit()["navn"] and LEVELS[1].partition("=")[2] in login().omitted[0].text
    write()
    read()
    assert left_out() == []

    state("FOELSOMME_PERSONOPLYSNINGER")
    assert left_out() == [], "widened here, it gives less at KOMBIT until it is written"
