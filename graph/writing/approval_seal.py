"""What a stated approval approves: the grant, request or setting that leaves a type open, as it is to be. It is written
beside the approval when that is saved.

A source's approval that stands there already keeps what it approved, so that an entry that was changed and still names
the same approver and day is not approved as it is now. By hand, approving is asked for by ``SEAL``.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from graph.approved_content import SEAL, Content, content
from graph.identity.statement_matching import MatchedStatement
from graph.model.rights import APPROVED
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedValue
from graph.time import ALWAYS, first_of, today
from graph.writing.rights_things import Thing, Things, included

_OTHERS = ("inherit", "condition", "sensitivity", "own_kle_only")
_LINKS = ("responsibilities", "within_units")
_OF_SETTING = ("derived", "unlimited", "below")


def seal(matched: MatchedStatement, things: Things, kept: Thing | None) -> None:
    """Give the statement of a grant or setting the content of its approval, where it states one."""
    statement = matched.statement
    asked = any(each.value == SEAL for each in statement.values.get("approved_content", ()))
    if not asked and (matched.source == MANUAL or not statement.links.get("approved_by")):
        return
    if asked and kept is not None:
        # By hand only the approval is told: what a source gives besides what is told by hand stands in the graph.
        things = {**things, matched.uuid: kept}
    is_grant = statement.kind == "Grant"
    told = (content_of if is_grant else content_of_open)(matched.uuid, things).text()
    if not asked and kept is not None and _is_same(things[matched.uuid], kept):
        told = kept.values.get("approved_content") or told
    period = statement.links["approved_by"][-1].period
    before = (each for each in statement.values.get("approved_content", ()) if each.value != SEAL)
    values = (*before, DatedValue(period, told)) if asked else (DatedValue(period, told),)
    matched.statement = replace(statement, values={**statement.values, "approved_content": values})


def seal_request(matched: MatchedStatement, things: Things, kept: Thing | None) -> None:
    """Give a request that becomes approved the content of its approval; what is approved already keeps its own."""
    statement = matched.statement
    states = [each for each in statement.values.get("state", ()) if each.value == APPROVED]
    if not states or things[matched.uuid].values.get("state") != APPROVED:
        return
    told = kept.values.get("approved_content") if kept is not None and kept.values.get("state") == APPROVED else None
    told = told or content_of(matched.uuid, things).text()
    sealed = (DatedValue(states[-1].period, told),)
    matched.statement = replace(statement, values={**statement.values, "approved_content": sealed})


def _is_same(stated: Thing, kept: Thing) -> bool:
    """The approval that stands there already."""
    same_day = stated.values.get("approved_on") == kept.values.get("approved_on")
    return same_day and stated.one("approved_by") == kept.one("approved_by")


def content_of(uuid: str, things: Things) -> Content:
    """What a grant or request is to give."""
    grant = things[uuid]
    rights = included(grant.one("gives") or "", things)
    wanted = grant.values.get("wanted_from")
    begins = max(today(), grant.since or ALWAYS, date.fromisoformat(wanted) if wanted else ALWAYS)
    limits = [
        _limit(each)
        for each in things.values()
        if each.kind == "ConstraintSetting" and each.one("of") in {uuid, *rights} and _holds(each, begins)
    ]
    given_to, exceptions = (grant.links.get(name, []) for name in ("given_to", "exceptions"))
    return content(rights, given_to, exceptions, grant.until, _others(grant), limits)


def content_of_open(uuid: str, things: Things) -> Content:
    """What a setting is to leave open: of a job-function role for all its holders, else for the grant's."""
    setting = things[uuid]
    owner = things.get(setting.one("of") or "")
    system_role = setting.one("system_role")
    grant = owner if owner is not None and owner.kind == "Grant" else None
    rights: Collection[str] = () if owner is None else owner.links.get("includes", ())
    if grant is not None:
        rights = included(grant.one("gives") or "", things)
    opened = [each for each in rights if each in things and things[each].kind == "SystemRole"]
    if system_role is not None:
        opened = [system_role]
    if grant is None:
        return content(opened, [], [], setting.until, {}, [_limit(setting)])
    given_to, exceptions = (grant.links.get(name, []) for name in ("given_to", "exceptions"))
    until = first_of(grant.until, setting.until)
    return content(opened, given_to, exceptions, until, _others(grant), [_limit(setting)])


def _others(grant: Thing) -> dict[str, object]:
    return {
        **{name: grant.values.get(name) for name in _OTHERS},
        **{name: grant.links.get(name, []) for name in _LINKS},
        "for_unit": grant.one("for_unit"),
    }


def _holds(setting: Thing, day: date) -> bool:
    begun = setting.since is None or setting.since <= day
    return not setting.over and begun and (setting.until is None or setting.until > day)


def _limit(setting: Thing) -> dict[str, object]:
    return {
        "of": setting.one("of"),
        "type": setting.one("type"),
        "system_role": setting.one("system_role"),
        "fixed": list(setting.values.get("fixed") or ()),
        **{name: setting.values.get(name) for name in _OF_SETTING},
        "units": setting.links.get("units", []),
        "excluded_units": setting.links.get("excluded_units", []),
    }
