"""Plans whose day has come are applied: after the day turn, and a few minutes after one is approved late.

Any number of workers may try: a plan is applied once (``graph.plans.applying``). Why one does not fit is kept with it,
and it is not tried again by itself.
"""

import neo4j
from structlog.stdlib import get_logger

from graph.errors import ChangeRejected
from graph.plans.applying import DoesNotFit, apply
from graph.plans.kept import due, found
from graph.plans.plan import Plan
from reconnect.context import Context

_log = get_logger("reconnect.work.due_plans")


def apply_due(context: Context, user: str) -> list[Plan]:
    """Apply all approved plans whose day is turned, by day and name; those that were applied.

    Raises what the graph raises where it does not answer: what has been applied stays so, and the rest waits.
    """
    driver = context.driver()
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        waiting = [found(session, each) for each in due(session)]
    if not waiting:
        return []
    from api.mutations.planned import PlannedWriting  # only here: to build the API's schema takes a second

    writing = PlannedWriting(context.keyring, context.order)
    applied = []
    for plan in waiting:
        try:
            applied.append(apply(driver, plan, writing.on_its_day(driver, plan), user))
        except DoesNotFit as misfit:
            failure = misfit.failure
            _log.warning("plan does not fit", plan=plan.id, change=failure.change, rule=failure.code)
        except ChangeRejected as refused:
            # Another worker has applied it, or it was changed or withdrawn meanwhile, or the clock has gone back.
            _log.info("plan waits, or is done", plan=plan.id, rule=refused.code)
        else:
            _log.info("plan applied", plan=plan.id, changes=len(plan.changes))
    return applied
