"""What a stated approval approves: the grant or request as it is to be, written beside the approval when it is saved.

A source's approval that stands there already keeps what it approved, so that an entry that was changed and still names
the same approver and day is not approved as it is now. By hand, approving is asked for by ``SEAL``.
"""

from dataclasses import replace
from datetime import date

from graph.approved_content import SEAL, Content, content
from graph.identity.statement_matching import MatchedStatement
from graph.model.rights import APPROVED
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedValue
from graph.time import ALWAYS, today
from graph.writing.rights_things import Thing, Things, included

_OTHERS = ("inherit", "condition", "sensitivity", "own_kle_only")
_LINKS = ("responsibilities", "within_units")
_OF_SETTING = ("derived", "unlimited", "below")


def seal(matched: MatchedStatement, things: Things, kept: Thing | None) -> None:
    """Give the statement the content of its approval, where it states one."""
    statement = matched.statement
    asked = any(each.value == SEAL for each in statement.values.get("approved_content", ()))
    if not asked and (matched.source == MANUAL or not statement.links.get("approved_by")):
        return
    if asked and kept is not None:
        # By hand only the approval is told: what a source gives besides what is told by hand stands in the graph.
        things = {**things, matched.uuid: kept}
    told = content_of(matched.uuid, things).text()
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
    others = {
        **{name: grant.values.get(name) for name in _OTHERS},
        **{name: grant.links.get(name, []) for name in _LINKS},
        "for_unit": grant.one("for_unit"),
    }
    wanted = grant.values.get("wanted_from")
    begins = max(today(), grant.since or ALWAYS, date.fromisoformat(wanted) if wanted else ALWAYS)
    limits = [
        _limit(each)
        for each in things.values()
        if each.kind == "ConstraintSetting" and each.one("of") in {uuid, *rights} and _holds(each, begins)
    ]
    given_to, exceptions = (grant.links.get(name, []) for name in ("given_to", "exceptions"))
    return content(rights, given_to, exceptions, grant.until, others, limits)


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
