"""The sample's directories in real domain controllers."""

import pytest

from sample.directories import administration, school
from sample.directories.entries import ACCOUNT_TYPE, CPR, Directory, User
from sample.directories.loading import NotWritten, load
from sample.municipality import Municipality
from tests.directories.controller import Controller
from tests.sample.directories.test_content import DAY


def test_all_of_both_is_written(municipal_ad: Controller, school_ad: Controller) -> None:
    municipality = Municipality("XS", 42, DAY)
    for controller, module in ((municipal_ad, administration), (school_ad, school)):
        directory = module.directory_of(municipality)
        load(controller.connection(), controller.base, directory)
        found = users_of(controller, module.ROOT)
        assert len(found) == len(directory.users)
        for each in directory.users:
            assert found[each.login]["userAccountControl"] == [str(0x10200 if each.enabled else 0x10202).encode()]
            assert found[each.login].get(CPR, [b""]) == [each.cpr.encode()]
            assert found[each.login].get(ACCOUNT_TYPE, [b""]) == [each.account_type.encode()]


def test_progress_is_reported(municipal_ad: Controller) -> None:
    told: list[tuple[int, int]] = []
    few = Directory("klit.example", [User(("Talt",), "Een", "een")], ())
    assert load(municipal_ad.connection(), municipal_ad.base, few, lambda *far: told.append(far)) == 2
    assert told == [(0, 2), (2, 2)]


def users_of(controller: Controller, root: str) -> dict[str, dict[str, list[bytes]]]:
    connection = controller.connection()
    names = ["sAMAccountName", "userAccountControl", CPR, ACCOUNT_TYPE]
    connection.search(f"OU={root},{controller.base}", "(objectClass=user)", attributes=names)
    answers = [each["raw_attributes"] for each in connection.response if each["type"] == "searchResEntry"]
    return {each["sAMAccountName"][0].decode(): each for each in answers}


def test_what_is_refused_is_named_without_its_values(municipal_ad: Controller) -> None:
    twice = [User(("Dobbelt",), name, "svc-x", cpr="0207801234") for name in ("En", "To")]
    with pytest.raises(NotWritten, match="CN=To,OU=Dobbelt") as refused:
        load(municipal_ad.connection(), municipal_ad.base, Directory("klit.example", twice, ()))
    assert "0207801234" not in str(refused.value)
