"""The strict reader refuses whatever kombit_access.md §7.1 names, each with its rule."""

import base64

import pytest

from idp.claims.merging import Constraint, Group
from idp.claims.oio_bpp import LARGEST
from idp.claims.oio_bpp_reader import DocumentRejected, KnownRole, check_against, read
from tests.idp.claims.rights import CVR

ITST, DIGST = (f"http://{each}.dk/oiosaml/basic_privilege_profile" for each in ("itst", "digst"))
SCOPE = f"urn:dk:gov:saml:cvrNumberIdentifier:{CVR}"
ROLE = "http://solbjerg.example/roles/jobrole/caseworker/1"
KLE, UNIT = (f"http://solbjerg.example/{each}/1/parametric" for each in ("kle", "unit"))
UNIT_UUID = "10000000-0000-4000-8000-000000000010"
PRIVILEGE = f"<Privilege>{ROLE}</Privilege>"
CONSTRAINT = f'<Constraint Name="{KLE}">27.*,32.03.*</Constraint>'
GROUP = f'<PrivilegeGroup Scope="{SCOPE}">{PRIVILEGE}{CONSTRAINT}</PrivilegeGroup>'


def encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def listed(groups: str = GROUP, *, namespace: str = ITST, before: str = "", after: str = "") -> str:
    root = f'<bpp:PrivilegeList xmlns:bpp="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}{root}{groups}</bpp:PrivilegeList>{after}'


def group(content: str, scope: str = SCOPE) -> str:
    return listed(f'<PrivilegeGroup Scope="{scope}">{content}</PrivilegeGroup>')


@pytest.mark.parametrize("namespace", [ITST, DIGST])
def test_both_namespaces_are_read(namespace: str) -> None:
    expected = (Group(SCOPE, ROLE, (Constraint(KLE, ("27.*", "32.03.*")),)),)
    assert read(encoded(listed(namespace=namespace))) == expected


def test_white_space_between_elements_is_read() -> None:
    assert read(encoded(listed(f"\n  {GROUP}\n  {GROUP}\n")))[1].privilege == ROLE


@pytest.mark.parametrize(
    "value",
    [
        "",
        listed(),  # raw XML
        encoded(listed()) + "\n",
        encoded(listed())[:76] + "\r\n" + encoded(listed())[76:],
        encoded(listed() + " ").rstrip("=") + "æ",
        base64.urlsafe_b64encode(f"{listed()}<!--ÿÿÿ>>>???-->".encode()).decode("ascii"),
        encoded(listed() + " " * (-(len(listed()) - 1) % 3)).rstrip("="),
    ],
)
def test_only_strict_base64_is_read(value: str) -> None:
    with pytest.raises(DocumentRejected) as refused:
        read(value)
    assert refused.value.rule in ("base64", "not_well_formed")
    assert value == "" or refused.value.rule == "base64"


DOCUMENT_TYPE = '<!DOCTYPE a [<!ENTITY e "x">]>'


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("not_well_formed", listed()[:-1]),
        ("not_well_formed", "27.*"),
        ("document_type", listed(before=DOCUMENT_TYPE)),
        ("document_type", listed(before="<!DOCTYPE PrivilegeList SYSTEM 'http://nowhere.example/x.dtd'>")),
        ("too_large", listed(GROUP * (LARGEST // len(GROUP) + 1))),
        ("encoding", listed().replace("UTF-8", "ISO-8859-1")),
        ("namespace", listed(namespace="http://nowhere.example/")),
        ("namespace", f"<PrivilegeList>{GROUP}</PrivilegeList>"),
        ("namespace", f'<PrivilegeList xmlns="{ITST}">{GROUP}</PrivilegeList>'),
        ("namespace", listed(GROUP.replace("<", "<bpp:").replace("<bpp:/", "</bpp:"))),
        ("namespace", group(PRIVILEGE.replace("<P", "<bpp:P").replace("</P", "</bpp:P"))),
        ("element", listed(f"{GROUP}<Extra/>")),
        ("element", group(f"{PRIVILEGE}<Extra/>")),
        ("element", listed(f"<!-- x -->{GROUP}")),
        ("element", listed(after="<!-- x -->")),
        ("element", listed(before="<?x y?>")),
        ("element", group(f"<Privilege>{ROLE}<b/></Privilege>")),
        ("element", group(f"<Privilege>{ROLE}<!-- x --></Privilege>")),
        ("element", group(f"<Privilege><![CDATA[{ROLE}]]></Privilege>")),
        ("text", listed(f"{GROUP}x")),
        ("text", group(f"x{PRIVILEGE}")),
        ("attribute", listed(f"<PrivilegeGroup>{PRIVILEGE}</PrivilegeGroup>")),
        ("attribute", listed(GROUP.replace("Scope=", "Other='1' Scope="))),
        ("attribute", listed(GROUP.replace("Name=", "name="))),
        ("attribute", listed(GROUP.replace(KLE, " "))),
        ("no_group", listed("")),
        ("privilege", group("")),
        ("privilege", group(CONSTRAINT)),
        ("privilege", group(PRIVILEGE * 2)),
        ("privilege", group("<Privilege/>")),
        ("privilege", group(f"<Privilege> {ROLE}</Privilege>")),
        ("privilege", group(f"{CONSTRAINT}{PRIVILEGE}")),
        ("constraint_twice", group(f"{PRIVILEGE}{CONSTRAINT}{CONSTRAINT}")),
        *(
            ("blank", group(f'{PRIVILEGE}<Constraint Name="{KLE}">{each}</Constraint>'))
            for each in ("", " ", ",", "27.*,", ",27.*", "27.*, 32.*", "27.*,,32.*", " 27.*", "27.*\n")
        ),
        *(
            ("value", group(f'{PRIVILEGE}<Constraint Name="{KLE}">27.*{each}32.*</Constraint>'))
            for each in ("&#10;", "&#9;", "&#x7f;", "\n")
        ),
        ("value", group(f'{PRIVILEGE}<Constraint Name="a&#10;b">27.*</Constraint>')),
        ("privilege", group(PRIVILEGE.replace("</", "&#x80;</"))),
        *(
            ("scope", group(PRIVILEGE, each))
            for each in ("", CVR, f"{SCOPE}9", SCOPE[:-1], "urn:dk:gov:saml:seNumberIdentifier:12345678", f" {SCOPE}")
        ),
    ],
)
def test_what_breaks_the_grammar_is_refused(rule: str, text: str) -> None:
    with pytest.raises(DocumentRejected) as refused:
        read(encoded(text))
    assert refused.value.rule == rule
    assert str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("before", ["", DOCUMENT_TYPE, "<!-- æ -->"])
def test_another_encoding_hides_nothing(encoding: str, before: str) -> None:
    text = listed(GROUP.replace("27.*", "æ"), before=before)
    for declared in (text, text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>')):
        with pytest.raises(DocumentRejected) as refused:
            read(base64.b64encode(declared.encode(encoding)).decode("ascii"))
        assert refused.value.rule == "encoding"


KNOWN = [KnownRole(CVR, ROLE, {KLE: "kle", UNIT: "unit"}), KnownRole("87654321", "http://other.example/role", {})]


def known(kle: str = "27.*", unit: str = UNIT_UUID, *, cvr: str = CVR, role: str = ROLE, more: str = "") -> str:
    constraints = {KLE: kle, UNIT: unit} | ({more: "1"} if more else {})
    written = "".join(f'<Constraint Name="{name}">{text}</Constraint>' for name, text in constraints.items() if text)
    return group(f"<Privilege>{role}</Privilege>{written}", f"{SCOPE[: -len(CVR)]}{cvr}")


def test_what_the_table_knows_passes() -> None:
    check_against(read(encoded(known("*"))), CVR, KNOWN, [UNIT_UUID])
    delegated = known("", "", cvr="87654321", role="http://other.example/role")
    check_against(read(encoded(delegated)), CVR, KNOWN, [])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("role", known(role="http://solbjerg.example/roles/jobrole/nowhere/1")),
        ("role", known(role=ROLE.replace("case", "Case"))),
        ("scope", known(cvr="87654321")),
        ("scope", known("", "", role="http://other.example/role")),
        ("parameter", known(unit="")),
        ("parameter", known(more="http://sts.kombit.dk/constraints/KLE/1")),
        ("parameter", known(cvr="87654321", role="http://other.example/role")),
        ("value", known("27")),
        ("value", known("27*")),
        ("value", known("27.*,270.*")),
        ("value", known(unit="10000000-0000-4000-8000-000000000099")),
        ("value", known(unit=UNIT_UUID.replace("0", "A", 1))),
    ],
)
def test_what_the_table_does_not_know_is_refused(rule: str, text: str) -> None:
    with pytest.raises(DocumentRejected) as refused:
        check_against(read(encoded(text)), CVR, KNOWN, [UNIT_UUID])
    assert refused.value.rule == rule
