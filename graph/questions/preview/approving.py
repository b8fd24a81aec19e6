"""What an approver is shown: what a grant, a request, or a setting that leaves a type open, gives once it is approved.

The digest is of all of it: what the rules say, and who would hold what by them, within which limits. An approval names
the digest, so that no one approves what somebody has changed, or what the organisation gives by now, unseen.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import orjson

from graph.approved_content import Content
from graph.as_of import Day
from graph.change_log import turned_day
from graph.connection import Run
from graph.errors import ChangeRejected
from graph.questions.preview.touched import touched_on
from graph.questions.rights import reading
from graph.questions.rights.approvals import Approvals
from graph.questions.rights.bundles import Bundles
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, Omitted, Rights
from graph.questions.rights.organisation import ALL_DAYS, Days, Exempted, OrganisationOnDay
from graph.time import today

APPROVABLE = ("Grant", "RightsRequest", "ConstraintSetting")
_NOBODY = "nobody yet"
"""In place of the approver: whoever it will be is none of those who hold the right by it."""
_APPROVABLE = """
MATCH (n:Grant|RightsRequest|ConstraintSetting {uuid: $uuid})
RETURN coalesce(head([(n)-[to:GIVEN_TO]->() WHERE n:RightsRequest | to.from]), n.from) AS begins, n.to AS to,
    head([(n)-[:GIVEN_TO]->(whom) | whom.uuid]) AS whom,
    head([(n)-[:EXCEPTED_FROM]->(conflict) | conflict.uuid]) AS conflict
"""


@dataclass(frozen=True, slots=True)
class ToApprove:
    """``day``: today, or the first one of what begins later. ``content``: what the rules say; None of a request that is
    only for an exception. ``left_out``: whom it reaches and gives nothing."""

    uuid: str
    day: date
    content: Content | None
    conflict: str | None
    held: tuple[HeldRight, ...]
    left_out: tuple[Omitted, ...]

    @property
    def digest(self) -> str:
        """The same for the same rules and outcome, in every process and on every day."""
        told = {
            "thing": self.uuid,
            "content": None if self.content is None else asdict(self.content),
            "conflict": self.conflict,
            "held": [_outcome(each) for each in self.held],
            "left_out": [(each.right.uuid, each.subject.uuid, each.reason) for each in self.left_out],
        }
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _outcome(held: HeldRight) -> tuple[Any, ...]:
    limits = [
        (each.system_role.uuid, limit.type.uuid, None if limit.unlimited else limit.wire)
        for each in held.included
        for limit in each.limits
    ]
    roles = [each.system_role.uuid for each in held.included]
    return held.right.uuid, held.subject.uuid, held.unit and held.unit.uuid, held.until, roles, limits


def to_approve(session: Run, kind: str, uuid: str) -> ToApprove:
    """Of a thing that may be approved already. ``kind``: one of ``APPROVABLE``.

    Raises ChangeRejected: not_there where it is over, wrong_value for a setting that leaves nothing open.
    """
    row = session.run(_APPROVABLE, uuid=uuid).single(strict=True)
    day = max(today(), today() if row["begins"] is None else row["begins"].to_native())
    as_of = Day.of(day, turned_day(session))
    people = touched_on(session, as_of, day, {kind: frozenset({uuid})}).persons
    organisation = reading.of_some(session, as_of, day, sorted(people))
    content = _content(organisation, kind, uuid, row)
    work = Evaluation(_as_approved(organisation, kind, uuid, content, row))
    held: list[HeldRight] = []
    left_out: list[Omitted] = []
    for person in sorted(people):
        rights = work.of(person)
        held += _held_by(rights, uuid)
        left_out += _left_out_of(rights, work, kind, uuid)
    return ToApprove(uuid, day, content, row["conflict"], tuple(held), tuple(left_out))


def refuse_changed(session: Run, kind: str, uuid: str, digest: str) -> None:
    """Raises ChangeRejected (approval_changed) where it gives something else than what was read."""
    if to_approve(session, kind, uuid).digest != digest:
        text = "digest: what it gives has changed since it was read; read approvalPreview again, then decide"
        raise ChangeRejected("approval_changed", text, field="digest")


def _content(organisation: OrganisationOnDay, kind: str, uuid: str, row: Mapping[str, Any]) -> Content | None:
    approvals = Approvals(organisation, Bundles(organisation).amounts_to)
    if kind == "ConstraintSetting":
        setting = organisation.settings.get(uuid)
        if setting is None:
            raise _over("setting")
        if not setting.unlimited:
            text = "setting: it leaves nothing open, so it needs no approval"
            raise ChangeRejected("wrong_value", text, field="setting")
        return approvals.content_of_open(setting)
    grant = organisation.grants.get(uuid) or organisation.waiting.get(uuid)
    if grant is None and row["conflict"] is None:
        raise _over("grant" if kind == "Grant" else "request")
    return None if grant is None else approvals.content(grant)


def _over(what: str) -> ChangeRejected:
    return ChangeRejected(
        "not_there", f"{what}: there is nothing to approve; it has ended or gives nothing", field=what
    )


def _as_approved(
    organisation: OrganisationOnDay, kind: str, uuid: str, content: Content | None, row: Mapping[str, Any]
) -> OrganisationOnDay:
    text = "" if content is None else content.text()
    if kind == "ConstraintSetting":
        setting = replace(organisation.settings[uuid], approved_by=_NOBODY, approved_content=text, approved=ALL_DAYS)
        return replace(organisation, settings={**organisation.settings, uuid: setting})
    grant = organisation.grants.get(uuid) or organisation.waiting.get(uuid)
    grants, exempted = {**organisation.grants}, {**organisation.exempted}
    if grant is not None:
        grants[uuid] = replace(grant, approved_by=_NOBODY, approved_content=text)
    if row["conflict"] is not None and row["to"] is not None:
        days = Days(None, row["to"].to_native())
        exempted[uuid] = Exempted(uuid, row["conflict"], row["whom"], "an exception", decided_by=_NOBODY, days=days)
    return replace(organisation, grants=grants, exempted=exempted)


def _held_by(rights: Rights, uuid: str) -> Iterator[HeldRight]:
    """Through the grant or request, by the exception, or with the limit that is left open."""
    for each in rights.held:
        limits = (limit for included in each.included for limit in included.limits)
        if (
            each.grant.uuid == uuid
            or any(step.uuid == uuid for step in each.why)
            or any(limit.approved_by == _NOBODY for limit in limits)
        ):
            yield each


def _left_out_of(rights: Rights, work: Evaluation, kind: str, uuid: str) -> Iterator[Omitted]:
    of = work.organisation.settings[uuid].of if kind == "ConstraintSetting" else uuid
    for each in rights.omitted:
        if each.grant.uuid == of or work.bundles.is_in(of, each):
            yield each
