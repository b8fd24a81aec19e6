"""The README's commands for the service account's rights, applied as they stand there, and an export with them."""

import re
import subprocess
from pathlib import Path

import pytest

import exporters.active_directory
from tests.exporters.active_directory.town import Domain, Town

README = Path(exporters.active_directory.__file__).with_name("README.md")
CLASSES = {
    "user": "bf967aba-0de6-11d0-a285-00aa003049e2",
    "group": "bf967a9c-0de6-11d0-a285-00aa003049e2",
    "organizationalUnit": "bf967aa5-0de6-11d0-a285-00aa003049e2",
}
"""schemaIDGUID of the classes: the same in every forest."""
PASSWORD = "Hest-4711-kat"
FLAGS = {"T": "CI", "S": "CIIO"}
"""dsacls /I: → flags of an ACE: this object and those below; those below only."""


def _blocks() -> tuple[list[str], list[str]]:
    """The lines for Windows, and those for Samba."""
    text = README.read_text(encoding="utf-8").partition("### The service account's rights")[2]
    windows, samba = re.findall(r"```\n(.*?)```", text, re.DOTALL)[:2]
    return windows.splitlines(), samba.splitlines()


def _as_sddl(lines: list[str], sid: str) -> str:
    """What dsacls makes of its lines: an ACE for each right that is granted. There is no dsacls for Linux."""
    made = ""
    for line in lines:
        flags = FLAGS[re.search(r"/I:(\w)", line)[1]]  # type: ignore[index]
        for granted in re.findall(r'"KOMMUNE\\svc-reconnect:([^"]+)"', line):
            rights, object_, *inherited = granted.split(";")
            classes = [CLASSES.get(each, "") for each in (object_, *inherited)]
            made += f"(OA;{flags};{rights};{';'.join([*classes, ''][:2])};{sid})"
    return made


def _delegated(domain: Domain, of: str) -> None:
    """Run the commands on the domain of the test."""
    database = min(domain.controller.folder.glob("**/private/sam.ldb"), key=lambda each: len(str(each)))
    windows, samba = _blocks()
    script = "\n".join(samba).replace("OU=REConnect,DC=kommune,DC=dk", domain.ou)
    if of == "windows":
        show, apply = script.splitlines()
        aces = _as_sddl(windows, "$SID")
        assert aces.count("(OA;") == 6
        script = f"{show}\n" + re.sub(r'--sddl="[^"]*"', f'--sddl="{aces}"', apply)
    script = script.replace("samba-tool user show", f"samba-tool user show -H {database}")
    script = script.replace("samba-tool dsacl set", f"samba-tool dsacl set -H {database}")
    subprocess.run(["sh", "-euc", script], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("of", ["samba", "windows"])
def test_the_service_account_has_what_an_export_needs_and_no_more(domain: Domain, of: str) -> None:
    base = f"CN=Users,{domain.controller.base}"
    domain.add("svc-reconnect", ou=base)
    service = domain.user("svc-reconnect")["dn"]
    domain.set(service, unicodePwd=f'"{PASSWORD}"'.encode("utf-16-le"))
    domain.set(service, userAccountControl=512)
    try:
        chosen = {
            "user": f"svc-reconnect@{domain.controller.realm}", "password": PASSWORD, "delete": True,
            "units": {"below": f"OU=Units,{domain.ou}", "closed": f"OU=ClosedUnits,{domain.ou}"},
            "groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}, "verify_every": 1,
        }  # fmt: skip
        town = Town().unit("desk").person("alma", unit="desk", manager="bo").person("bo").person("ida", unit="desk")
        refused = domain.export(town, settings=chosen)
        assert {each.problem for each in refused.parked} <= {"no_right", "waits"} and domain.logins() == []
        _delegated(domain, of)

        def exported() -> None:
            report = domain.export(town, settings=chosen, full=True)
            assert (report.error, report.parked) == ("", [])

        exported()
        assert domain.logins() == ["alma", "bo", "ida"] and all(map(domain.enabled, domain.logins()))
        assert domain.user("alma")["manager"] == [domain.user("bo")["dn"]]
        assert len(domain.members("Enhed Desk")) == 2
        town.set("alma", name="Alma Ny", title="Leder", unit="root")
        exported()
        assert domain.user("alma")["dn"].startswith("CN=Alma Ny,OU=Rådhuset,OU=Units")
        town.leave("ida", delete_on="2026-03-01")
        exported()
        assert not domain.enabled("ida") and f"OU=Closed,{domain.ou}" in domain.user("ida")["dn"]
        exported()
        assert domain.logins() == ["alma", "bo"], "deleted once its day has come"
        kept = town.people["alma"]
        town.leave("alma")
        exported()
        assert not domain.enabled("alma")
        town.people["alma"] = kept
        del town.units["desk"]
        exported()
        assert domain.enabled("alma") and domain.found("(ou=Desk)", base=f"OU=ClosedUnits,{domain.ou}")
        outside = {**chosen, "within": [domain.controller.base], "users_ou": base, "units": {}, "groups": {}}
        report = domain.export(Town().person("eva"), settings=outside)
        assert {each.problem for each in report.parked} >= {"no_right"} and "eva" not in domain.logins()
    finally:
        domain.wire.delete(service)
