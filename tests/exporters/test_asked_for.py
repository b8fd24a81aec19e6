"""What sources state, held against what targets ask for: what reaches no target does so because that was decided."""

import ast
from pathlib import Path

import pytest
from graphql import FieldNode, TypeInfo, TypeInfoVisitor, Visitor, build_schema, parse, visit

import exporters
import importers
from api.model.filters import camel
from graph.model import KINDS

pytestmark = pytest.mark.whole

SCHEMA = Path(__file__).resolve().parents[2] / "schema.graphql"

# By kind: reason → properties. A property that a source begins to state, and that is neither asked for nor here, fails.
DECIDED: dict[str, dict[str, str]] = {
    "Unit": {
        "no column for it": "short_name type type_name supplement country status distinguished_name tags",
        "units' own phones and mail: no target takes them yet": "phone payroll_phone email personnel_email",
        "for invoices: no target of invoices yet": "se_number p_number cvr",
        "STIL's number of a school: for school systems": "institution_number",
        "limits rights": "sensitivity",
    },
    "Person": {
        "targets have the whole name, and its parts": "addressing_name",
        "for school systems": "alias_given_name alias_surname",
        "a home address: no target has a right to it": "street supplement postal_code city country",
        "only to see that it has changed": "photo",
        "for the nearest holder; who is away stays in Plan2Learn (on_leave: keep)": "absent",
        "payroll ends the employment, with its own last day": "dead",
    },
    "Employment": {
        "payroll's own workings": "status weekly_hours full_time_hours pay_grade extra_digit start_assumed",
        "the target gets the position itself": "stk",
        "the target gets assignments instead": "manager_flag manager_level",
        "no column in Plan2Learn": "extension workplace_p_number anniversary first_entry entry_into_group",
        "for invoices: no target of invoices yet": "invoice_recipient invoice_levels",
        "for school systems": "school_roles initials occupation",
    },
    "Affiliation": {
        "no target tells who supplies somebody": "supplier",
        "for school systems": "school_roles initials occupation",
    },
    "Position": {
        "the position's uuid and title are the target's": "short_title category level agreement",
        "for finding the position, and for statistics": "stk disco leader_hint payroll_keys title_rules",
    },
    "Assignment": {"Plan2Learn has titles only": "primary level coverage members", "limits rights": "sensitivity"},
    "Substitution": {"Plan2Learn has no substitutes": "rank"},
    "Account": {
        "accounts are planned; observed ones are only compared": "display_name email enabled expires "
        "distinguished_name employment_number former_logins institution_numbers"
    },
    "DirectoryGroup": {"observed groups are only compared": "name description email distinguished_name type"},
    "Role": {"for the nearest holder": "covers_all", "limits rights": "sensitivity"},
    "PositionCategory": {"no target of positions yet": "code title"},
    "Function": {"its title is asked for": "key"},
    "SystemGroup": {"its title is asked for": "key"},
    "KleNode": {
        "its title is asked for": "number kle_uuid announced_end ending changed preservation deletion_after",
    },
    "ItSystem": {"for people, and for logins": "uri cvr blocked manual"},
    "ConstraintType": {"FK-adm checks values by its own list and pattern": "pattern values common"},
    "SystemRole": {"the vendor's": "description", "the municipality's own": "sensitive"},
    "JobFunctionRole": {
        "the municipality's own": "number sensitive",
        "creating a delegation through the interface is not described": "delegated_to_cvr",
        "what FK-adm itself has": "at_kombit content_at_kombit",
    },
    "Grant": {"no target of rights yet": "key title reason condition sensitivity"},
    "ConstraintSetting": {"of selected units, which come with each login": "below"},
    "RightsConflict": {"no target of rights": "key title mode scope reason"},
    "RightsRequest": {"what it gives reaches targets, not the request": "state reason"},
    "ManualStep": {"people do it": "key step action state limits compared comment"},
    "NamePolicy": {
        "the names that it makes are asked for": "key title login_patterns principal_name_pattern mail_pattern "
        "common_name_pattern forbidden reserved longest keep_mail",
    },
    "AccountRule": {
        "what it gives is asked for": "key title condition effect per licence type lead_days grace_days after_days "
        "retention_days expiry order reason",
    },
    "PlannedAccount": {"the rules' own workings": "key named_for reason"},
    "AccountException": {"what it gives is asked for": "effect reason"},
    "AccountRequest": {"what it gives is asked for": "state login common_name email type reason"},
    "Attestation": {"people answer it": "round state due"},
    "KleFacet": {"no target of KLE yet": "number title kle_uuid announced_end ending changed preservation"},
    "KleFacetCategory": {"no target of KLE yet": "number title kle_uuid announced_end ending changed"},
}


def _stated() -> set[str]:
    """Every property's name that stands as a text in a source: what a source may state."""
    names = {each.name for kind in KINDS.values() for each in kind.properties}
    found: set[str] = set()
    for file in Path(importers.__file__).parent.glob("*/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= names & set(node.value.split())
    return found


class _Fields(Visitor):
    """The fields of every type that a document asks for."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if (of := self.info.get_parent_type()) is not None:
            self.found.add((of.name.removesuffix("State"), node.name.value))


def _asked() -> set[tuple[str, str]]:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    found: set[tuple[str, str]] = set()
    for image in Path(exporters.__file__).parent.glob("*/image.graphql"):
        info = TypeInfo(schema)
        fields = _Fields(info)
        visit(parse(image.read_text(encoding="utf-8")), TypeInfoVisitor(info, fields))
        found |= fields.found
    return found


def test_every_value_that_a_source_states_is_asked_for_by_a_target_or_was_decided_not_to_be() -> None:
    stated, asked = _stated(), _asked()
    unasked = {
        (kind.name, each.name)
        for kind in KINDS.values()
        for each in kind.properties
        if each.name in stated and (kind.name, camel(each.name)) not in asked
    }
    decided = {(kind, name) for kind, reasons in DECIDED.items() for text in reasons.values() for name in text.split()}
    assert unasked - decided == set(), "stated by a source and asked for by no target: decide"
    both = {each for each in decided if (each[0], camel(each[1])) in asked}
    assert both == set(), "asked for by now: no longer undelivered"


def test_what_a_directory_knows_of_people_reaches_a_target() -> None:
    assert {("Person", name) for name in ("workEmail", "workPhone", "mobile")} <= _asked()
