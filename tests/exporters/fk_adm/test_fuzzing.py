"""Whatever the image or FK-adm says: refused with an error that is declared, or delivered; never a crash."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.errors import ExportError, ImageError
from exporters.fk_adm.channel import FkAdmChannel
from exporters.fk_adm.connection import refusal
from exporters.fk_adm.settings import FkAdmSettings
from exporters.fk_adm.shape import shaped
from exporters.objects.target import Change, Wanted
from protocols.fk_adm import JOB_ROLES as ROLES
from protocols.fk_adm import SYSTEMS
from protocols.http.client import Answer
from sample.fk_adm_service import records
from sample.fk_adm_service.app import Service
from sample.fk_adm_service.content import fill
from tests.exporters.fk_adm.town import CVR, ROLE, image_of, role
from tests.exporters.plan2learn.test_fuzzing import places

SETTINGS = FkAdmSettings(certificate="c", private_key="k", cvr=CVR)  # type: ignore[arg-type]
WORDS = ["27", "27.*", "http://a b", "production", "=", "x = y", CVR, records.KLE, *records.LEVELS]
STRANGE = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(WORDS)
    | st.lists(st.none() | st.text(max_size=3), max_size=2) | st.just({})
)  # fmt: skip


@given(st.data())
def test_a_strange_image(data: st.DataObject) -> None:
    image = deepcopy(image_of(role()))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(image)))
        container[key] = data.draw(STRANGE)
    try:
        made = shaped(image, SETTINGS)
    except ImageError:
        return
    assert len(made.wanted) + len(made.parked) <= len(image["Roles"])


class Told:
    """A connection that answers what it is given."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get(self, path: str) -> Any:
        return deepcopy(self.answers.get(path))

    def write(self, method: str, path: str, body: Any = None) -> Any:
        return self.answers.get(method)


@settings(max_examples=150)
@given(st.data())
def test_strange_answers(data: st.DataObject) -> None:
    service = Service()
    fill(service, CVR)
    (known,) = [each for each in service.job_roles.values() if each["organisationCvr"] == CVR]
    thin = [{"uuid": each["uuid"], "entityId": each["entityId"]} for each in service.job_roles.values()]
    answers: dict[str, Any] = {SYSTEMS: service.systems, ROLES: thin, "POST": {"uuid": known["uuid"]}}
    answers |= {f"{SYSTEMS}/{each['uuid']}/roller": service.roles[each["uuid"]] for each in service.systems}
    answers |= {f"{ROLES}/{uuid}": each for uuid, each in service.job_roles.items()}
    answers = deepcopy(answers)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(answers)))
        container[key] = data.draw(STRANGE)
    channel = FkAdmChannel(Told(answers), CVR)  # type: ignore[arg-type]
    (wanted,) = shaped(image_of(role(uri=known["entityId"])), SETTINGS).wanted
    for act in (
        lambda: channel.find(wanted),
        lambda: channel.find(Wanted("role", ROLE, {"entityId": known["entityId"]})),
        lambda: channel.read("role", known["uuid"]),
        lambda: [*channel.listing("role")],
        lambda: channel.create(wanted, {}),
        lambda: channel.change(Change("role", known["uuid"], wanted.values)),
    ):
        try:
            act()  # type: ignore[no-untyped-call]
        except ExportError as refused:
            assert str(refused)


def test_who_is_sought_by_the_uri_alone_is_never_taken_for_ours() -> None:
    """Closing looks so for what a lost creation has left: others' role is not deleted for it."""
    service = Service()
    fill(service, CVR)
    (known,) = [each for each in service.job_roles.values() if each["organisationCvr"] == CVR]
    answers: dict[str, Any] = {SYSTEMS: service.systems, ROLES: [known], f"{ROLES}/{known['uuid']}": known}
    answers |= {f"{SYSTEMS}/{each['uuid']}/roller": service.roles[each["uuid"]] for each in service.systems}
    channel = FkAdmChannel(Told(answers), CVR)  # type: ignore[arg-type]
    for sought in ({"entityId": known["entityId"]}, {}):
        assert [each.key for each in channel.find(Wanted("role", ROLE, sought))] in ([None], [])


@given(st.integers(300, 599), st.binary(max_size=20))
def test_refusals(status: int, content: bytes) -> None:
    error = refusal(Answer(status, {}, content), "PUT /x")
    assert isinstance(error, ExportError) and f"with {status}" in str(error) and len(str(error)) < 600
