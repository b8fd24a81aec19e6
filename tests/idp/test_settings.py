"""Settings of the identity provider that can't work are refused when they are read, with what is wrong."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.settings import IdpSettings, ServiceProviderSettings

FILE = Path("sp.xml")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"key": "secret"}, "too short"),
        ({"key": ""}, "too short"),
        ({"address": "https://login.kommune.dk/under/path"}, "at its root"),
        ({"address": "https://login.kommune.dk?x=1"}, "at its root"),
        ({"address": "login.kommune.dk"}, "not a web address"),
        ({"entity_id": ""}, "not an entity ID"),
        ({"entity_id": "https://login.kommune.dk "}, "not an entity ID"),
        ({"entity_id": "x" * 1025}, "not an entity ID"),
        ({"cvr": "1234"}, "pattern"),
        ({"receivers": {"sapa": {"attributes": ["urn:p"]}}}, "for profile kombit"),
        ({"receivers": {"KOMBIT": {"profile": "kombit", "attributes": ["a b"]}}}, "not an entity ID"),
        (
            {
                "receivers": {"KOMBIT": {"profile": "kombit", "attributes": ["urn:p"]}},
                "claims": {"attributes": {"urn:p": "account.login"}},
            },
            "name it once",
        ),
        ({"providers": {"sapa": {"metadata_file": FILE, "rights": "KOMBIT"}}}, "set it"),
    ],
)
def test_wrong_settings(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        IdpSettings(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"metadata_file": FILE, "metadata_url": "https://sp.kommune.dk/metadata"},
        {},
        {"metadata_url": "http://sp.kommune.dk/metadata"},  # its keys would be anybody's on the way
        {"metadata_file": FILE, "entity_id": " "},
        {"metadata_file": FILE, "attributes": {"": "account.email"}},
        {"metadata_file": FILE, "attributes": {"a\x00b": "account.email"}},
        {"metadata_file": FILE, "attributes": {"mail": "account.mail"}},
        {"metadata_file": FILE, "attributes": {"cpr": "person.cpr"}},
        {"metadata_file": FILE, "attributes": {"urn:r": "account.email"}, "rights": "KOMBIT", "rights_as": "urn:r"},
        {"metadata_file": FILE, "attributes": {"cpr": "[person].map(p, p.cpr)"}},
        {"metadata_file": FILE, "attributes": {"cpr": 'has(person.cpr) ? person.cpr : ""'}},
    ],
)
def test_wrong_service_providers(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ServiceProviderSettings(**given)


def test_good_settings() -> None:
    given = IdpSettings(address="https://login.kommune.dk:8443/", key="0123456789abcdef" * 2, entity_id="urn:a:b")
    assert "0123456789" not in repr(given)
