"""Cases that an earlier release has kept go on with this one."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from processes.engine.case import Case
from tests.processes.engine.drawn import END, NOW, START, again, boundary, elements, flow, one, read, timer, user

_STATES = orjson.loads(Path(__file__).with_name("repeated_timer_states.json").read_bytes())
"""Of the release before repeated timers were steps of their own: as the case began, and after one and two days."""


@pytest.mark.parametrize(("kept", "days", "escalations"), [("start", 0, 0), ("day1", 1, 2), ("day2", 2, 4)])
def test_a_repeated_timer_goes_on_as_often_as_it_was_still_due(kept: str, days: int, escalations: int) -> None:
    definition = read(
        START, user("a"), user("n"), END, '<endEvent id="e2"/>',
        boundary("r", "a", timer("timeCycle", "R4/P1D"), interrupts=False, extension="<reconnect:escalation/>"),
        flow("start", "a", "end"), flow("r", "n", "e2"),
    )  # fmt: skip
    state = _STATES[kept] | {"definition": definition.digest}
    case = again(definition, Case.read(definition, orjson.dumps(state)))
    assert (elements(case).count("n"), one(case, "a").escalations) == (days, escalations)
    for day in range(days + 1, 5):
        case.pass_time(NOW + timedelta(days=day, hours=1))
        case = again(definition, case)
        assert elements(case).count("n") == day
        assert one(case, "a").escalations == escalations + day - days, "each time it goes one level further"
    assert case.next_due() is None
    while work := case.work():
        case.complete(work[0].id, {}, NOW)
        case = again(definition, case)
    assert case.finished
