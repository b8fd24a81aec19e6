"""The tests' own domain controllers: two domains side by side, reset, killed and started again."""

import shutil
import tempfile
from pathlib import Path

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException, LDAPSocketOpenError

from sample.domain_controller import Controller as AnyController
from sample.domain_controller import NoController, running
from tests.directories.controller import Controller


def add_unit(controller: Controller, name: str) -> None:
    controller.connection().add(f"OU={name},{controller.base}", "organizationalUnit", {"extensionAttribute1": name})


def units(controller: AnyController) -> set[str]:
    connection = controller.connection()
    connection.search(controller.base, "(objectClass=organizationalUnit)", ldap3.LEVEL, attributes=["ou"])
    return {str(each["attributes"]["ou"][0]) for each in connection.response if each["type"] == "searchResEntry"}


def test_two_domains_know_nothing_of_each_other(municipal_ad: Controller, school_ad: Controller) -> None:
    add_unit(municipal_ad, "Ansatte")
    assert "Ansatte" in units(municipal_ad)
    assert "Ansatte" not in units(school_ad)
    with pytest.raises(LDAPException):
        school_ad.connection(municipal_ad.user, municipal_ad.password)


def test_reset_and_revived(municipal_ad: Controller) -> None:
    add_unit(municipal_ad, "Foer")
    municipal_ad.kill()
    with pytest.raises(LDAPSocketOpenError):
        municipal_ad.connection()
    municipal_ad.revive()
    assert "Foer" in units(municipal_ad)
    municipal_ad.reset()
    assert "Foer" not in units(municipal_ad)


def test_what_it_was_filled_with_is_there_when_it_is_started_again() -> None:
    folder = Path(tempfile.mkdtemp(prefix="reconnect-ad-")) / "dc"

    def fill(controller: AnyController) -> None:
        controller.connection().add(f"OU=Bliver,{controller.base}", "organizationalUnit")

    def cut_short(controller: AnyController) -> None:
        fill(controller)
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt), running(folder, "IGEN", cut_short):
            pass
        with running(folder, "IGEN", fill) as first:
            assert "Bliver" in units(first)
        with running(folder, "IGEN", cut_short) as again:
            assert (again.address, "Bliver" in units(again)) == (first.address, True)
    finally:
        shutil.rmtree(folder.parent)


def test_a_folder_too_deep_for_its_sockets_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoController, match=r"^[^\n]*too long[^\n]*$"):
        Controller(tmp_path / ("x" * 100), "DYB")
