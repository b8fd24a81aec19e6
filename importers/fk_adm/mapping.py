"""Maps FK-adm's records to statements about systems, rights and roles (kombit_access.md §1.2).

Keys are FK-adm's UUIDs; of a setting ``<role> <system role> <type's URI>``. A thing that others have stated with the
same URI keeps its own natural key, by which it is found.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kombit_content import ContentAtKombit, split
from graph.statements.statement import Ref, Statement
from importers.fk_adm.answers import Constraint, JobRole, Role, System
from importers.timelines import held, linked, opened

MAPPING = b"2"  # raise it when the mapping's meaning changes: then every record is mapped anew


def system(at_kombit: System, key: str, environment: str, previous: Statement | None, day: date) -> Statement:
    values = {"key": key, "title": at_kombit.title, "cvr": at_kombit.cvr, "environment": environment}
    return _statement("ItSystem", at_kombit.uuid, previous, values, {}, day)


def constraint_type(at_kombit: ConstraintType, system: str | None, previous: Statement | None, day: date) -> Statement:
    """``system``: uuid of the one that has it for itself; None: shared by several."""
    values: dict[str, Any] = {
        "key": at_kombit.key,
        "title": at_kombit.title,
        "uri": at_kombit.uri,
        "content": at_kombit.content,
        "form": at_kombit.form,
        "pattern": at_kombit.pattern,
        "values": tuple(f"{value}={title}" for value, title in at_kombit.values),
        "levels": tuple(f"{each.label}={each.value}" for each in at_kombit.levels),
        "cumulative": at_kombit.cumulative,
        "common": at_kombit.common,
    }
    links = {"system": [] if system is None else [Ref("ItSystem", system)]}
    return _statement("ConstraintType", at_kombit.uuid, previous, values, links, day)


def system_role(at_kombit: Role, key: str, system: str, previous: Statement | None, day: date) -> Statement:
    values = {"key": key, "title": at_kombit.title, "uri": at_kombit.uri, "description": at_kombit.description}
    links = {
        "system": [Ref("ItSystem", system)],
        "required_types": [
            Ref("ConstraintType", each.uuid) for each in at_kombit.types if each.uuid in at_kombit.required
        ],
        "optional_types": [
            Ref("ConstraintType", each.uuid) for each in at_kombit.types if each.uuid not in at_kombit.required
        ],
    }
    return _statement("SystemRole", at_kombit.uuid, previous, values, links, day)


def job_role(
    at_kombit: JobRole, content: ContentAtKombit, key: str, own_cvr: str, previous: Statement | None, day: date
) -> Statement:
    """The content of a delegated role belongs to the delegating authority, and is not stated."""
    delegated = at_kombit.cvr != own_cvr
    values = {
        "key": key,
        "title": at_kombit.title,
        "uri": at_kombit.uri,
        "description": at_kombit.description,
        "delegated_from_cvr": at_kombit.cvr if delegated else None,
        "delegated_to_cvr": None if delegated else at_kombit.delegated_to,
        "at_kombit": True,
        "content_at_kombit": None if delegated else content.lines(),
    }
    links = {"includes": [] if delegated else [Ref("SystemRole", uuid) for uuid, _ in at_kombit.parts]}
    return _statement("JobFunctionRole", at_kombit.uuid, previous, values, links, day)


def seen(key: str, role: str, content: ContentAtKombit | None, previous: Statement | None, day: date) -> Statement:
    """States that FK-adm has a role (uuid) which others state: they state its content. ``content``: what it has there;
    None: of another authority."""
    values = {"at_kombit": True, "content_at_kombit": None if content is None else content.lines()}
    made = _statement("JobFunctionRole", key, previous, values, {}, day)
    made.exists, made.about = None, Ref("JobFunctionRole", role, by="uuid")
    return made


def setting_key(role: str, system_role: str, type_uri: str) -> str:
    return f"{role} {system_role} {type_uri}"


def setting(
    role: str, system_role: str, at_kombit: Constraint, kind: ConstraintType, previous: Statement | None, day: date
) -> Statement:
    """KOMBIT does not know how a dynamic value is derived; a user sets it here."""
    values: dict[str, Any] = {
        "fixed": () if at_kombit.dynamic else split(at_kombit.value, kind),
        "parameter": at_kombit.value if at_kombit.dynamic else None,
    }
    links = {
        "of": [Ref("JobFunctionRole", role)],
        "system_role": [Ref("SystemRole", system_role)],
        "type": [Ref("ConstraintType", kind.uuid)],
    }
    return _statement(
        "ConstraintSetting", setting_key(role, system_role, at_kombit.type_uri), previous, values, links, day
    )


def _statement(
    kind: str,
    key: str,
    previous: Statement | None,
    values: Mapping[str, Any],
    links: Mapping[str, list[Ref]],
    day: date,
) -> Statement:
    made = {name: found for name, to in links.items() if (found := linked(previous, name, to, day))}
    return Statement(kind, key, opened(previous, day), held(previous, values, day), made)
