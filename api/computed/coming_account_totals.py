"""``comingAccountTotals``: how much will happen to accounts in the next days, where a list would be cut off."""

from api.access.roles import LOG
from api.computed.coming_account_changes import DAYS, totals
from api.computed.contract import ComputedField, Plain, answer_type

FIELD = ComputedField(
    "comingAccountTotals",
    "How many changes of accounts are to come in the next days: the totals of comingAccountChanges",
    (
        answer_type(
            "ComingAccountTotals",
            "Numbers of changes of accounts that are to come",
            Plain("opening", "Int!", "How many open"),
            Plain("closing", "Int!", "How many close"),
            Plain("deleting", "Int!", "How many are deleted"),
            Plain("all", "Int!", "All of these"),
        ),
    ),
    LOG,
    totals,
    many=False,
    arguments={"days": DAYS},
    in_part=True,
)
