"""Settings that name attributes: as the server spells them, and none that does not exist."""

from typing import Any

import pytest

from exporters.image import read_image
from exporters.objects.target import NamesPlacesAnew, Wanted
from exporters.scim.paths import FIELDS
from exporters.scim.target import Scim
from tests.exporters.scim.peer import ENTERPRISE
from tests.exporters.scim.town import AT, Town, settings


def user(**values: Any) -> Wanted:
    target = Scim("scim-intranet", settings("https://klit.example", **values))
    town = Town().person("a", mobile="40404040", phone="20202020", title="Chef")
    (made,) = target.shape(read_image(target, town.read, AT), AT).wanted
    return made


def test_the_shape_makes_every_field_that_settings_may_name() -> None:
    assert set(user().values) == set(FIELDS)


def test_names_of_attributes_count_in_any_case() -> None:
    made = user(
        excluded_attributes=["phonenumbers", "Emails", f"{ENTERPRISE.upper()}:Department", "usertype"],
        add={"Title": "Ansat", "userType": "Ansat"},
    )
    assert not {"phoneNumbers", "emails", f"{ENTERPRISE}:department", "userType"} & made.values.keys()
    assert made.values["title"] == "Ansat" and "Title" not in made.values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"excluded_attributes": ["phone"]}, "phone: no such attribute is sent"),
        ({"excluded_attributes": ["emails.value"]}, "no such attribute is sent"),
        ({"excluded_attributes": ["USERNAME"]}, "no user can be made without it"),
        ({"add": {"userType": "a", "USERTYPE": "b"}}, "twice"),
        ({"add": {"Active": True}}, "Active: the server or REConnect itself sets this"),
        ({"add": {"externalID": "x"}}, "itself sets this"),
    ],
)
def test_an_attribute_that_does_not_exist_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings("https://klit.example", **values)


def test_settings_that_name_nothing_are_noticed() -> None:
    image = {"roots": ["nowhere"], "excluded_units": ["7777"], "groups": ["role"], "roles": ["mananger"]}
    target = Scim("scim-intranet", settings("https://klit.example", image=image))
    notices = target.shape(read_image(target, Town().person("a").read, AT), AT).notices
    told = {(each.field, each.key) for each in notices if each.rule == "setting_matches_nothing"}
    assert told == {("image.roots", "nowhere"), ("image.excluded_units", "7777"), ("image.roles", "mananger")}


def test_another_client_may_have_another_tenant_and_a_new_token_has_not() -> None:
    def target(**login: str) -> Scim:
        return Scim("scim-intranet", settings("https://klit.example/scim", login=login))

    secret = {"kind": "client", "token_url": "https://klit.example/token", "client_secret": "s"}
    one, other, user = (
        target(client_id="one", **secret),
        target(client_id="other", **secret),
        target(kind="basic", user="one", password="s"),
    )
    before, renewed = target(kind="bearer", token="a"), target(kind="bearer", token="b")
    assert before.place == renewed.place
    assert len({each.place for each in (one, other, before)}) == 3 and user.place == one.place
    assert all(isinstance(each, NamesPlacesAnew) and before.place in each.former_places for each in (one, other, user))
