"""The script for ADFS: what it must contain by docs/formats/saml.md §4 and docs/formats/kombit_access.md §5."""

import re

import pytest

from idp.adfs_setup import NAME_ID, NEVER, AdfsSetup, SetupRejected, acceptance_rules, issuance_rules, left_out, script

MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
WHOLE = AdfsSetup(
    "https://login.kommune.dk",
    (MAIL, "https://data.gov.dk/model/core/eid/cvr"),
    "ekstern.kommune.dk",
    "29189846",
    "KOM",
)
CONDITION = r'(?:\w+:)?\[Type == "[^"]+"(?:, (?:Value|Issuer) (?:==|!=|=~) "[^"]*")*\]'


def rules(text: str) -> list[tuple[str, str, str]]:
    """(name, condition, act) of each rule; every character belongs to one."""
    found = re.findall(r'@RuleName = "([^"]*)"\n([^\n]*)\n => ([^\n]*);', text)
    written = "\n\n".join(f'@RuleName = "{name}"\n{condition}\n => {act};' for name, condition, act in found)
    assert written == text
    return found


def test_the_form_of_every_rule() -> None:
    for text in (acceptance_rules(WHOLE), issuance_rules("29189846")):
        for name, condition, act in rules(text):
            for each in condition.split(" && "):
                assert re.fullmatch(rf"{CONDITION}|EXISTS\({CONDITION}\)", each), condition
            assert re.fullmatch(r"(?:issue|add)\(.*\)", act) and act.count('"') % 2 == 0, act
            assert name.startswith("REConnect: ") and "  " not in act
            # Blanks in a property's URI, as in the plugin's own rule file, would leave the property unset.
            assert all(" " not in each for each in re.findall(r'Properties\["([^"]*)"\]', act))


def test_each_attribute_enters_by_a_rule_of_its_own_and_nothing_else_does() -> None:
    conditions = [condition for _, condition, _ in rules(acceptance_rules(WHOLE))]
    assert conditions == [
        f'c:[Type == "{NAME_ID}"]',
        f'c:[Type == "{MAIL}", Value =~ "(?i)^[^@]+@ekstern[.]kommune[.]dk$"]',
        'c:[Type == "https://data.gov.dk/model/core/eid/cvr"]',
    ]


def test_an_ad_user_can_not_be_stated() -> None:
    offered = (MAIL, UPN, *NEVER)
    without = AdfsSetup("https://login.kommune.dk", offered)
    assert [condition for _, condition, _ in rules(acceptance_rules(without))] == [f'c:[Type == "{NAME_ID}"]']
    assert set(left_out(without)) == {MAIL, UPN, *NEVER}
    assert all(f"# {each} does not enter" in script(without) for each in left_out(without))
    pattern = re.search(r'=~ "([^"]*)"', acceptance_rules(AdfsSetup("https://x.dk", (UPN,), "ekstern.kommune.dk")))
    assert pattern is not None
    for name, enters in (
        ("anje@ekstern.kommune.dk", True), ("ANJE@EKSTERN.KOMMUNE.DK", True), ("mayor@kommune.dk", False),
        ("mayor@kommune.dk@ekstern.kommune.dk", False), ("anje@eksternxkommune.dk", False),
        ("anje@ekstern.kommune.dk.evil.dk", False), ("@ekstern.kommune.dk", False),
    ):  # fmt: skip
        assert bool(re.search(pattern[1], name)) is enters, name


def test_a_failed_look_up_gives_nothing() -> None:
    """The plugin takes any failure for a person called Unknown User."""
    for name, condition, act in rules(issuance_rules("29189846")):
        if act.startswith("issue"):
            assert 'Value != "Unknown User"' in condition, name
    acts = " ".join(act for _, _, act in rules(issuance_rules("29189846")))
    assert "X509SubjectName" in acts and "privilegesIntermediate" in acts and 'Value = "29189846"' in acts
    assert "loa" not in acts and "AssuranceLevel" not in acts  # it follows from how the person logged in


def test_the_script() -> None:
    made = script(WHOLE)
    for wanted in (
        "Add-AdfsClaimsProviderTrust -Name 'REConnect' -MetadataUrl 'https://login.kommune.dk/saml/metadata'",
        "-MonitoringEnabled $true -AutoUpdateEnabled $true",
        "-SignatureAlgorithm 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'",
        "-SigningCertificateRevocationCheck None",
        "-CustomMFAUri 'http://schemas.microsoft.com/claims/multipleauthn'",
        "-OrganizationalAccountSuffix 'ekstern.kommune.dk'",
        "Add-AdfsAttributeStore -Name 'REConnect'",
        "RoleCatalogueUrl = 'https://login.kommune.dk'; ApiKey = $clear; Domain = 'KOM'",
        "Read-Host",
    ):
        assert wanted in made, wanted
    assert "rcf_" not in made
    # Here-strings end where they should: nothing in them begins a line as their end does.
    assert made.count("@'\n") == made.count("\n'@\n") == 2
    assert "Add-AdfsAttributeStore" not in script(AdfsSetup("https://login.kommune.dk"))
    only_store = script(AdfsSetup("https://login.kommune.dk", cvr="29189846", is_provider=False))
    assert "ClaimsProviderTrust" not in only_store and "Add-AdfsAttributeStore" in only_store


@pytest.mark.parametrize("name", ['a" ] => issue(Type = "x', "a\\", "a\n'@\nRemove-Item"])
def test_a_name_that_would_end_a_rule_is_refused(name: str) -> None:
    with pytest.raises(SetupRejected):
        script(AdfsSetup("https://login.kommune.dk", (name,)))


def test_texts_of_powershell_replace_nothing() -> None:
    made = script(AdfsSetup("https://login.kommune.dk", cvr="29189846", domain="o'brien’$(Remove-Item x)"))
    assert "Domain = 'o''brien’’$(Remove-Item x)'" in made


@pytest.mark.parametrize("suffix", ["", "dk", "kommune.dk$|x", "a b.dk", "@kommune.dk", ".dk"])
def test_a_suffix_is_the_end_of_a_name(suffix: str) -> None:
    with pytest.raises(SetupRejected):
        script(AdfsSetup("https://login.kommune.dk", (MAIL,), suffix))
