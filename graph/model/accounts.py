"""The kinds of planned accounts: which accounts there should be, by which rules and names (architecture.md §4
"Accounts").

``PlannedAccount`` is what should be there, ``Account`` what a directory says is there. Neither changes the other.
"""

from graph.model.kind import Kind, Link, Property, WordSet
from graph.model.rights import APPROVED, REFUSED, WAITING, WITHDRAWN

EXCEPTION_EFFECTS = WordSet(
    "ExceptionEffect",
    "What an exception from the account rules does",
    {
        "give": "The person has an account, although no rule gives one",
        "withhold": "The person has no account, whatever the rules give",
        "keep": "The account stays as it is: it is neither closed nor deleted",
    },
)
GIVE, WITHHOLD, KEEP = EXCEPTION_EFFECTS
RULE_EFFECTS = WordSet(
    "RuleEffect",
    "What an account rule does for those whom it is about",
    {GIVE: "They have an account", WITHHOLD: "They have none, whatever the rules after it give"},
)
ACCOUNT_REQUEST_STATES = WordSet(
    "AccountRequestStatus",
    "The state of a request for an extra account",
    {
        WAITING: "It waits for a decision",
        APPROVED: "It is approved",
        REFUSED: "It is refused",
        WITHDRAWN: "The requester withdrew it",
    },
)
PER = WordSet(
    "AccountPer",
    "What there is one account for",
    {"person": "One account for all employments of a person", "employment": "One account for each employment"},
)
PER_PERSON, PER_EMPLOYMENT = PER
EXTRA_LIMITS = "rule:extra_accounts"
"""The source that ends accounts that people have asked for, while their owner may have none."""

NAME_POLICY = Kind(
    "NamePolicy",
    "How user names, mail addresses and names of accounts are made (navnepolitik).",
    (
        Property("key"),
        Property("title"),
        Property("login_patterns", "texts", "Patterns of the user name, tried in this order: {given:2}{last:2}"),
        Property("principal_name_pattern", doc="Pattern of the userPrincipalName, such as {login}@example.dk"),
        Property("mail_pattern", doc="Pattern of the mail address, such as {given}.{last}@example.dk"),
        Property("common_name_pattern", doc="Pattern of the name in the directory (CN), such as {name}"),
        Property("forbidden", "texts", "User names, and parts of them written with *, that are never given"),
        Property("reserved", "texts", "User names and mail addresses that are taken, wherever they are used"),
        Property("longest", "integer", "Most characters of a user name; 20 at most in a directory"),
        Property("keep_mail", "yes_no", "The mail address stays as it is when the person's name changes"),
    ),
    natural="key",
)
ACCOUNT_RULE = Kind(
    "AccountRule",
    "A rule on who is to have an account in a system, and for how long (kontoregel).",
    (
        Property("key"),
        Property("title"),
        Property("condition", doc="A condition in CEL that must be met, such as employment.type != 'hourly'"),
        Property("effect", doc="What it does for those whom it is about", one_of=RULE_EFFECTS),
        Property("per", doc="What there is one account for", one_of=PER),
        Property("licence", doc="The licence that the account needs, as the target knows it"),
        Property("type", doc="What the account is used for, in the municipality's own word"),
        Property("lead_days", "integer", "Days before the first day on which the account is ready"),
        Property("grace_days", "integer", "A gap of up to this many days between employments does not close it"),
        Property("after_days", "integer", "Days after the last day on which the account stays open; empty: none"),
        Property("retention_days", "integer", "Days after the account was closed before it is deleted; empty: never"),
        Property("expiry", "yes_no", "The target writes the expiry date on the account"),
        Property("order", "integer", "Among rules for the same unit, the lowest is asked first"),
        Property("reason", doc="Why the rule exists"),
    ),
    (
        Link("system", "AT", ("ItSystem",), single=True, doc="The directory or system that the account is in"),
        Link(
            "unit",
            "RULES_IN",
            ("Unit",),
            single=True,
            narrows=True,
            doc="The rule is for this unit and below; empty: everywhere",
        ),
        Link("names", "NAMED_BY", ("NamePolicy",), single=True, doc="How its accounts are named"),
        Link(
            "needs",
            "NEEDS",
            ("ItSystem",),
            single=True,
            narrows=True,
            doc="Its accounts exist only while rules give the person one in this system too",
        ),
    ),
    natural="key",
)
ACCOUNT_REQUEST = Kind(
    "AccountRequest",
    "A request for an extra account for a person, and its decision (kontoanmodning).",
    (
        Property("state", doc="How far it has come", one_of=ACCOUNT_REQUEST_STATES),
        Property("login", doc="The user name that is asked for", identifies=True),
        Property("common_name", doc="Name in the directory (CN)", identifies=True),
        Property("email", identifies=True),
        Property("type", doc="What it is to be used for, in the municipality's own word"),
        Property("wanted_from", "date", "The first day on which it is wanted"),
        Property("reason", doc="Why it is asked for", identifies=True),
        Property("decided_on", "date", "The day of the decision"),
        Property("decided_because", doc="Why it was decided so", identifies=True),
    ),
    (
        Link("person", "OF_PERSON", ("Person",), single=True, owner=True, doc="The person whom it is for"),
        Link("system", "AT", ("ItSystem",), single=True, doc="The directory or system that it is to be in"),
        Link("needs", "NEEDS", ("ItSystem",), single=True, doc="It exists only beside an account in this system"),
        Link("requested_by", "REQUESTED_BY", ("Person",), single=True, doc="The person who asks for it"),
        Link("decided_by", "DECIDED_BY", ("Person",), single=True, doc="The person who decided"),
    ),
)
PLANNED_ACCOUNT = Kind(
    "PlannedAccount",
    "An account that there should be, open on the days on which it exists (planlagt konto).",
    (
        Property("key", doc="System, person and employment, number or login", identifies=True, own=True),
        Property("login", doc="User name with which its owner logs in", identifies=True),
        Property("principal_name", doc="userPrincipalName", identifies=True),
        Property("email", identifies=True),
        Property("common_name", doc="Name in the directory (CN)", identifies=True),
        Property("former_emails", "texts", "Mail addresses that it had before, kept as aliases", identifies=True),
        Property("named_for", doc="The name that its names were made of", identifies=True, own=True),
        Property("licence", doc="The licence that it needs, as the target knows it"),
        Property("type", doc="What it is used for, in the municipality's own word"),
        Property(
            "expires",
            "date",
            "The first day without access, where a rule has the target write it; of an extra account the "
            "target writes its end",
        ),
        Property("delete_on", "date", "The first day on which the target may delete it; empty: never"),
        Property("extra", "yes_no", "Stated by a person, beside what rules give"),
        Property("reason", doc="Why the extra account is needed", identifies=True),
    ),
    (
        Link("owner", "OF_PERSON", ("Person",), single=True, owner=True, doc="The person whom it is for"),
        Link(
            "employment",
            "USED_FOR",
            ("Employment",),
            single=True,
            owner=True,
            doc="The employment that its title, unit and manager come from",
        ),
        Link(
            "affiliation",
            "USED_AS",
            ("Affiliation",),
            single=True,
            owner=True,
            doc="The affiliation that its title and unit come from, where it is for no employment",
        ),
        Link("system", "AT", ("ItSystem",), single=True, doc="The directory or system that it is in"),
        Link("rule", "GIVEN_BY", ("AccountRule",), single=True, doc="The rule that gives it"),
        Link(
            "needs",
            "NEEDS",
            ("ItSystem",),
            single=True,
            doc="An extra account ends when rules give the person none in this system any more",
        ),
        Link("request", "GIVEN_ON", ("AccountRequest",), single=True, doc="The approved request for an extra account"),
        Link("realised_by", "REALISED_BY", ("Account",), single=True, doc="The account that is there"),
    ),
    natural="key",
    limited_by=EXTRA_LIMITS,
)
ACCOUNT_EXCEPTION = Kind(
    "AccountException",
    "An exception from the account rules for one person, with a reason (undtagelse).",
    (
        Property(
            "effect", doc="Whether it gives an account, withholds it, or keeps it as it is", one_of=EXCEPTION_EFFECTS
        ),
        Property("reason", doc="Why the exception is made", identifies=True),
    ),
    (
        Link("person", "OF_PERSON", ("Person",), single=True, owner=True, doc="The person whom it is for"),
        Link("system", "AT", ("ItSystem",), single=True, narrows=True, doc="The system that it is about; empty: all"),
        Link("decided_by", "DECIDED_BY", ("Person",), single=True, doc="The person who decided"),
    ),
)
