"""FK-adm's content for the sample municipality: two systems, a role of its own, a role that a neighbour delegates."""

from sample.fk_adm_service import records
from sample.fk_adm_service.app import Service
from sample.fk_adm_service.records import BENEFITS, OVERVIEW, uuid_of

NEIGHBOUR = "87654321"
READ, PAY = uuid_of(f"{OVERVIEW}/laes"), uuid_of(f"{BENEFITS}/udbetal")
CASEWORKER, GUARD = "Sagsbehandler", "Vagt"
PARAMETER = "http://solbjerg.example/caseworker-kle/1/parametric"


def fill(service: Service, cvr: str) -> None:
    """Replace a service's content by this one. ``cvr``: the municipality's."""
    service.answers.clear()
    service.calls.clear()
    service.systems = [records.system(OVERVIEW), records.system(BENEFITS, None)]
    required = {"kle": records.kle(), "sensitivity": records.sensitivity()}
    service.roles = {
        uuid_of(OVERVIEW): [records.role(OVERVIEW, "laes", required, {"unit": records.unit()})],
        uuid_of(BENEFITS): [records.role(BENEFITS, "udbetal", {"benefit": records.benefit()})],
    }
    limits = [
        records.value(records.kle(), PARAMETER, dynamic=True),
        records.value(records.sensitivity(), ",".join(list(records.LEVELS)[:2])),
    ]
    caseworker = records.job_role(CASEWORKER, cvr, {READ: limits})
    guard = records.job_role(GUARD, NEIGHBOUR, {}, domain="nabokommune.example", delegated_to=cvr)
    service.job_roles = {each["uuid"]: each for each in (caseworker, guard)}
