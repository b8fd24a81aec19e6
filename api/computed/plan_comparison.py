"""``planComparison``: two plans side by side, by what each would do."""

from api.access.roles import LOG
from api.computed.contract import Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from api.computed.plan_preview import COST, of_plan
from api.previews import MOST, consequence_form
from graph.questions.preview.comparing import compared_with


def _answer(request: Request) -> list[Answer]:
    one, other = (of_plan(request, request.arguments[name], None) for name in ("plan", "other"))
    found = compared_with(one, other)
    return [
        {
            "onlyPlan": [consequence_form(each) for each in found.only_first[:MOST]],
            "onlyOther": [consequence_form(each) for each in found.only_second[:MOST]],
            "both": len(found.both),
            "leftOff": sum(max(len(each) - MOST, 0) for each in (found.only_first, found.only_second)),
        }
    ]


FIELD = ComputedField(
    "planComparison",
    "What two plans would do differently. A plan that does not fit can't be compared",
    (
        answer_type(
            "PlanComparison",
            "The consequences of two plans, side by side",
            Part("onlyPlan", "PlanConsequence", "What only the first would do", many=True),
            Part("onlyOther", "PlanConsequence", "What only the other would do", many=True),
            Plain("both", "Int!", "How much both would do"),
            Plain("leftOff", "Int!", f"How much is left off, above {MOST} of each"),
        ),
    ),
    LOG,
    _answer,
    many=False,
    arguments={
        "plan": Argument("ID!", "Id or name of a plan"),
        "other": Argument("ID!", "Id or name of the other"),
    },
    costs=2 * COST,
    in_part=True,
)
