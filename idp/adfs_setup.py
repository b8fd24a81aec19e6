"""The PowerShell and claim rules that make ADFS know REConnect, from the settings (docs/formats/saml.md §4).

Two parts, each where the settings have it: REConnect as a claims provider trust, for people who log in here, and as an
attribute store, for people who log in with AD. What REConnect offers enters ADFS by a rule of its own for each
attribute, and what could stand for an AD user enters under a suffix only. There is no secret in the script: it asks for
the farm's key when it runs. It has not been run on a real ADFS.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from idp.saml.names import MULTIPLE_FACTORS, PERSISTENT
from idp.saml.signatures import RSA_SHA256

TRUST = "REConnect"
STORE = "REConnect"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_PROPERTIES = "http://schemas.xmlsoap.org/ws/2005/05/identity/claimproperties"
_MICROSOFT = "http://schemas.microsoft.com/ws/2008/06/identity/claims"
NAME_ID = f"{_CLAIMS}/nameidentifier"
UNDER_A_SUFFIX = frozenset({f"{_CLAIMS}/upn", f"{_CLAIMS}/emailaddress", f"{_CLAIMS}/name"})
"""Claim types by which applications know an AD user: let in only for names that no AD user has."""
NEVER = frozenset({
    f"{_MICROSOFT}/windowsaccountname", f"{_MICROSOFT}/primarysid", f"{_MICROSOFT}/groupsid",
    f"{_MICROSOFT}/primarygroupsid", f"{_MICROSOFT}/denyonlysid", f"{_MICROSOFT}/role",
    "http://schemas.xmlsoap.org/claims/Group", f"{_CLAIMS}/sid", f"{_CLAIMS}/denyonlysid",
})  # fmt: skip
"""Claim types that only AD states."""


class SetupRejected(ValueError):
    """The script can't be made from these settings."""


@dataclass(frozen=True, slots=True)
class AdfsSetup:
    """``address``: of REConnect, https. ``attributes``: what it offers ADFS. ``suffix``: of names that it may state,
    such as ekstern.kommune.dk. ``cvr``: None without claims of AD users. ``is_provider``: whether people log in here.
    """

    address: str
    attributes: Sequence[str] = ()
    suffix: str | None = None
    cvr: str | None = None
    domain: str | None = None
    is_provider: bool = True


def script(setup: AdfsSetup) -> str:
    """The script. Raises SetupRejected."""
    parts = [
        "# Makes ADFS know REConnect. Run it as an administrator on the primary server of the farm, part by part.",
        "# Made by `reconnect login adfs-setup`. It was not tried on a real ADFS: try it on a test farm first.",
        "#Requires -Modules ADFS",
        *(_trust(setup) if setup.is_provider else ()),
        *(_store(setup, setup.cvr) if setup.cvr is not None else ()),
    ]
    return "\n".join(parts) + "\n"


def acceptance_rules(setup: AdfsSetup) -> str:
    """Of the claims provider trust: what REConnect states enters by a rule for each attribute, and nothing else."""
    rules = [_rule("REConnect: name ID", f'c:[Type == "{NAME_ID}"]', "issue(claim = c)")]
    for name in sorted(set(setup.attributes)):
        if name == NAME_ID or name in NEVER:
            continue
        condition = f'c:[Type == "{_literal(name)}"]'
        if name in UNDER_A_SUFFIX:
            if setup.suffix is None:
                continue
            if not re.fullmatch(r"[A-Za-z0-9-]+(?:[.][A-Za-z0-9-]+)+", setup.suffix):
                raise SetupRejected(f"{setup.suffix!r} is not the end of a name, such as ekstern.kommune.dk.")
            pattern = setup.suffix.replace(".", "[.]")
            condition = f'c:[Type == "{_literal(name)}", Value =~ "(?i)^[^@]+@{pattern}$"]'
        rules.append(_rule(f"REConnect: {name}", condition, "issue(claim = c)"))
    return "\n\n".join(rules)


def left_out(setup: AdfsSetup) -> list[str]:
    """The offered attributes that do not enter."""
    return [
        each
        for each in sorted(set(setup.attributes))
        if each in NEVER or (each in UNDER_A_SUFFIX and setup.suffix is None)
    ]


def issuance_rules(cvr: str) -> str:
    """Of a relying party behind KOMBIT's context handler, with OS2rollekatalog's plugin as the store: name, privileges
    and fixed attributes. A failed look-up gives none of them, also where the plugin takes a failure for a name."""
    who = f'who:[Type == "{_MICROSOFT}/windowsaccountname", Issuer == "AD AUTHORITY"]'
    known = '[Type == "urn:reconnect:subject", Value != "Unknown User", Value != ""]'
    uri = f'Properties["{_PROPERTIES}/attributename"] = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"'
    basic = f'Properties["{_PROPERTIES}/attributename"] = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"'
    fixed = {
        "https://data.gov.dk/model/core/specVersion": ("OIO-SAML-3.0", uri),
        "https://data.gov.dk/model/core/eid/professional/cvr": (cvr, uri),
        "dk:gov:saml:attribute:KombitSpecVer": ("2.0", basic),
    }
    return "\n\n".join([
        _rule(
            "REConnect: who it is",
            who,
            f'add(store = "{STORE}", types = ("urn:reconnect:subject"), query = "getNameID", param = who.Value)',
        ),
        _rule(
            "REConnect: rights of who it is",
            who,
            f'add(store = "{STORE}", types = ("urn:reconnect:privileges"), query = "getBasicPriviligeProfile", '
            'param = who.Value, param = "KOMBIT")',
        ),
        _rule(
            "REConnect: NameID",
            f"s:{known}",
            f'issue(Type = "{NAME_ID}", Value = s.Value, Properties["{_PROPERTIES}/format"] = '
            '"urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName")',
        ),
        _rule(
            "REConnect: rights",
            f'EXISTS({known}) && p:[Type == "urn:reconnect:privileges", Value != ""]',
            f'issue(Type = "https://data.gov.dk/model/core/eid/privilegesIntermediate", Value = p.Value, {uri})',
        ),
        *(
            _rule(f"REConnect: {name}", f"EXISTS({known})", f'issue(Type = "{name}", Value = "{value}", {form})')
            for name, (value, form) in fixed.items()
        ),
    ])  # fmt: skip


def _trust(setup: AdfsSetup) -> Iterator[str]:
    yield "\n# 1. People who log in at REConnect: a claims provider trust."
    for each in left_out(setup):
        why = "only AD states it" if each in NEVER else "give --suffix to let it in for names that end in it"
        yield f"# {_comment(each)} does not enter: {why}."
    yield f"$acceptance = @'\n{acceptance_rules(setup)}\n'@"
    yield (
        f"Add-AdfsClaimsProviderTrust -Name {_quoted(TRUST)} -MetadataUrl {_quoted(f'{setup.address}/saml/metadata')} "
        "-MonitoringEnabled $true -AutoUpdateEnabled $true -AcceptanceTransformRules $acceptance"
    )
    yield (
        f"Set-AdfsClaimsProviderTrust -TargetName {_quoted(TRUST)} -SignatureAlgorithm {_quoted(RSA_SHA256)} "
        "-SignedSamlRequestsRequired $true -SigningCertificateRevocationCheck None "
        f"-RequiredNameIdFormat {_quoted(PERSISTENT)} -SupportsMFA $true -CustomMFAUri {_quoted(MULTIPLE_FACTORS)}"
    )
    if setup.suffix is not None:
        yield (
            f"Set-AdfsClaimsProviderTrust -TargetName {_quoted(TRUST)} "
            f"-OrganizationalAccountSuffix {_quoted(setup.suffix)}"
        )
    yield "# A relying party needs issuance rules that let these claims out; rules that demand AD AUTHORITY do not."
    yield f"Get-AdfsClaimsProviderTrust -Name {_quoted(TRUST)} | Select-Object Name, Identifier, LastMonitoredTime"


def _store(setup: AdfsSetup, cvr: str) -> Iterator[str]:
    yield "\n# 2. People who log in with AD: an attribute store, asked for their name and rights."
    yield "# The plugin's .dll must be in the ADFS folder of every server of the farm; its type is in its own manual."
    yield "$type = Read-Host 'Type of the plugin (class, assembly, version, culture, key)'"
    yield "$key = Read-Host 'The key that `reconnect login farm-key FARM` printed' -AsSecureString"
    yield "$clear = [System.Net.NetworkCredential]::new('', $key).Password"
    domain = "" if setup.domain is None else f"; Domain = {_quoted(setup.domain)}"
    yield (
        f"Add-AdfsAttributeStore -Name {_quoted(STORE)} -TypeQualifiedName $type "
        f"-Configuration @{{ RoleCatalogueUrl = {_quoted(setup.address)}; ApiKey = $clear{domain} }}"
    )
    yield "Remove-Variable key, clear"
    yield f"$issuance = @'\n{issuance_rules(cvr)}\n'@"
    yield "# The assurance level is not among them: let it follow from how the person logged in, never from a constant."
    yield "$party = Read-Host 'Name of the relying party'"
    yield (
        "Set-AdfsRelyingPartyTrust -TargetName $party -IssuanceTransformRules "
        '((Get-AdfsRelyingPartyTrust -Name $party).IssuanceTransformRules + "`n" + $issuance)'
    )


def _rule(name: str, condition: str, act: str) -> str:
    return f'@RuleName = "{_literal(name)}"\n{condition}\n => {act};'


def _literal(text: str) -> str:
    """A text within quotes of the rule language, which has no way to write a quote in one."""
    if any(each in text for each in '"\\') or not text.isprintable():
        raise SetupRejected(f"{text!r} can't be written in a claim rule: it has a quote, a backslash or a control.")
    return text


def _quoted(text: str) -> str:
    """A text of PowerShell, in which nothing is replaced. PowerShell takes curly quotes for straight ones."""
    for each in "'‘’‚‛":
        text = text.replace(each, each * 2)
    return f"'{text}'"


def _comment(text: str) -> str:
    return _literal(text)
