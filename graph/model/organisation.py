"""The kinds of the organisation: units, people and their ties, positions, roles, KLE, IT systems, accounts."""

from graph.model.kind import Kind, Link, Property, WordSet, texts

RESPONSIBLE_FOR = ("KleNode", "ItSystem", "SystemGroup", "Function")
KLE_ENDINGS = WordSet(
    "KleEnding",
    "How an entry of KLE ended or will end",
    {
        "ended": "It ended (udgået)",
        "moved": "It was moved (flyttet); its successors say where to",
        "missing": "It is missing from a release of KLE",
    },
)
ENVIRONMENTS = WordSet(
    "Environment",
    "What an installation of an IT system is for",
    {"production": "Daily work", "test": "Tests"},
)
GROUP_TYPES = WordSet(
    "DirectoryGroupType",
    "What a directory uses a group for",
    {"security": "Access and mail", "distribution": "Mail only"},
)
POSITION_FOUND = WordSet(
    "PositionFound",
    "How the position of an employment was found; null = payroll itself has it",
    {
        "manual": "A person has chosen it",
        "payroll": "By the code that payroll has",
        "stk": "By KRL's position code (stillingskode)",
        "title": "By the title, with the rules of the position list",
    },
)

UNIT = Kind(
    "Unit",
    "A node of the organisation tree (enhed, afdeling).",
    (
        Property("name", doc="Name (navn)"),
        Property("short_name", doc="Name, shortened"),
        Property("number", doc="The source's own code, with the institution where codes repeat"),
        Property("level", doc="Level as the source names it"),
        Property("type", doc="Type of unit, as the source codes it"),
        Property("type_name", doc="Type of unit, in words"),
        *texts("street supplement postal_code city country phone payroll_phone email personnel_email"),
        *texts("ean se_number p_number cvr cost_center"),
        Property("status", doc="The source's own status"),
        Property("distinguished_name", doc="Its OU in a directory"),
        Property("institution_number", doc="STIL's number of the school or day-care centre (regnr), as text"),
        Property("tags", "texts", "Words by which people find and group units"),
        Property("sensitivity", doc="The highest level of sensitive data that work in this unit needs (følsomhed)"),
        Property("passes_kle_down", "yes_no", "Its KLE numbers count for the units below as well"),
    ),
    (
        Link("parent", "PART_OF", ("Unit",), single=True, outlives=True, doc="The line organisation"),
        Link(
            "counts_as",
            "COUNTS_AS",
            ("Unit",),
            single=True,
            doc="The place of a payroll unit in the line organisation",
        ),
        Link("performs", "PERFORMS", ("KleNode",)),
        Link("responsible_for", "RESPONSIBLE_FOR", ("KleNode",)),
        Link("interested_in", "INTERESTED_IN", ("KleNode",)),
        Link("paid_out_by", "PAID_OUT_BY", ("Unit",), single=True),
    ),
)
PERSON = Kind(
    "Person",
    "A human being; one node however many employments.",
    (
        Property("name", doc="Whole name", identifies=True),
        Property("given_name", doc="Given name (fornavn)", identifies=True),
        Property("surname", doc="Surname (efternavn)", identifies=True),
        Property("addressing_name", doc="Name on letters (personadresseringsnavn); may be shortened", identifies=True),
        Property(
            "alias_given_name",
            doc="Given name that school systems may show while the name is protected",
            identifies=True,
        ),
        Property("alias_surname", identifies=True),
        Property(
            "work_email",
            doc="Work e-mail address in a directory, for people whose employments have no address",
            identifies=True,
        ),
        *texts("work_phone mobile", identifies=True),
        Property("photo", doc="Hash of the directory's photo (SHA-256, hexadecimal)", identifies=True),
        Property("address_protected", "yes_no", "Protected name and address (navne- og adressebeskyttelse)"),
        Property("absent", "yes_no", "Away as a person: affects every role of the person"),
        Property("dead", "yes_no", "Dead from this day"),
        Property("stopped", "yes_no", "All rights are stopped, whatever grants them"),
        Property("stopped_because", doc="Why the rights are stopped", access="private"),
        *texts("street supplement postal_code city country", "private", withheld_while="address_protected"),
        *texts("private_phone private_email", "private"),
    ),
)
SCHOOL_STAFF = (
    Property("school_roles", "texts", "Roles in STIL's words: Lærer, Leder …; they do not make the person a manager"),
    Property("initials", doc="Initials at the school", identifies=True),
    Property("occupation", doc="Occupation in the school's own words"),
)
EMPLOYMENT_TYPES = ("monthly_full", "monthly_part", "hourly", "unpaid")
EMPLOYMENT = Kind(
    "Employment",
    "A person's employment in a unit (ansættelse, engagement).",
    (
        Property("number", doc="Employment number (tjenestenummer, medarbejdernummer)"),
        Property("institution", doc="Payroll institution or client that the number belongs to"),
        Property("title", doc="Title as payroll has it, or the person's own"),
        Property(
            "type",
            doc="monthly_full, monthly_part, hourly or unpaid; otherwise the source's code",
        ),
        Property("type_name", doc="The type in the source's words"),
        Property("status", doc="The source's own status"),
        Property("on_leave", "yes_no", "On leave (orlov)"),
        Property("fraction", "decimal", "Share of full time, 0 to 1"),
        Property("weekly_hours", "decimal"),
        Property("full_time_hours", "decimal"),
        Property("position_code", doc="Code of the position as payroll has it"),
        Property("stk", doc="KRL's position code (stillingskode), where payroll delivers it"),
        Property("manager_flag", "yes_no", "Manager of the unit, according to payroll"),
        Property("manager_level"),
        *texts("phone extension email", identifies=True),
        *texts("pay_grade extra_digit", "pay"),
        *texts("workplace_p_number"),
        Property("phone_hidden", "yes_no", "The phone number is not to be shown outside (hemmeligt nummer)"),
        Property("email_hidden", "yes_no", "The e-mail address is not to be shown outside"),
        Property("anniversary", "date"),
        Property("first_entry", "date"),
        Property("entry_into_group", "date"),
        Property("start_assumed", "yes_no", "The start is a guess, because payroll has none"),
        Property("invoice_recipient", "yes_no"),
        Property("invoice_levels", "texts", "Levels of invoice approval, code and words"),
        *SCHOOL_STAFF,
    ),
    (
        Link("person", "HAS", ("Person",), single=True, incoming=True, owner=True),
        Link("kle", "HANDLES", ("KleNode",), doc="KLE numbers of its own, in addition to those of the unit"),
        Link("unit", "IN", ("Unit",), single=True, doc="Where the work is"),
        Link("paid_in", "PAID_IN", ("Unit",), single=True, doc="Where payroll has it"),
        Link(
            "position",
            "AS",
            ("Position",),
            single=True,
            properties=(Property("how", doc="How it was found; empty: payroll's own", one_of=POSITION_FOUND),),
        ),
    ),
)
AFFILIATION = Kind(
    "Affiliation",
    "A person's tie to a unit without payroll (tilknytning): consultant, substitute, student, board member.",
    (
        Property("title"),
        Property("type"),
        Property("supplier"),
        Property("on_leave", "yes_no"),
        *texts("phone email", identifies=True),
        *SCHOOL_STAFF,
    ),
    (
        Link("person", "HAS", ("Person",), single=True, incoming=True, owner=True),
        Link("unit", "IN", ("Unit",), single=True),
        Link("sponsor", "SPONSORED_BY", ("Employment",), single=True),
    ),
)
POSITION = Kind(
    "Position",
    "An entry of the position list (stilling, stillingsbetegnelse).",
    (
        Property("code"),
        Property("institution"),
        Property("title"),
        Property("short_title"),
        Property("category", doc="Names of the groups above it, lowest first, joined by ' / '"),
        Property("level", "integer", "1 to 9; 1 is top management"),
        Property("agreement", doc="Agreement area (overenskomstområde), three digits"),
        Property("stk", "texts", "KRL's position codes (stillingskoder)"),
        Property("disco", doc="DISCO-08, six digits"),
        Property("leader_hint", "yes_no", "A leader, according to the list; a hint for HR, never a role"),
        Property("payroll_keys", "texts", "Its codes in payroll: source:institution:code"),
        Property("title_rules", "texts", "Patterns with * and ? that employments' titles fit; ! excludes"),
    ),
    (
        Link("in_category", "WITHIN", ("PositionCategory",), single=True),
        Link("replaced_by", "REPLACED_BY", ("Position",)),
    ),
)
POSITION_CATEGORY = Kind(
    "PositionCategory",
    "A category of the position list (stillingskategori).",
    (Property("code"), Property("title")),
    (Link("parent", "WITHIN", ("PositionCategory",), single=True),),
    natural="code",
)
ROLE = Kind(
    "Role",
    "A role that people have: manager, case_worker, administrator …; few and general.",
    (
        Property("key"),
        Property("title"),
        Property("covers_all", "yes_no", "An assignment without responsibilities covers all"),
        Property("sensitivity", doc="The highest level of sensitive data that the role needs (følsomhed)"),
    ),
    natural="key",
)
ASSIGNMENT = Kind(
    "Assignment",
    "A role that a person has for a unit, with responsibilities (rolletildeling).",
    (
        Property("primary", "yes_no"),
        Property("level"),
        Property("coverage", doc="What part of the organisation it covers, in the source's words"),
        Property("members", "integer", "How many it represents"),
        Property("sensitivity", doc="The highest level of sensitive data that it needs (følsomhed)"),
        Property("own_kle_only", "yes_no", "Only the unit's own KLE counts, not what units above pass down"),
    ),
    (
        Link("holder", "HOLDS", ("Employment", "Affiliation", "Person"), single=True, incoming=True),
        Link("role", "OF", ("Role",), single=True),
        Link("unit", "FOR", ("Unit",), doc="The unit that it counts for; several may be in force at a time"),
        Link("responsibilities", "ABOUT", RESPONSIBLE_FOR),
    ),
)
SUBSTITUTION = Kind(
    "Substitution",
    "The substitute of an assignment's holder (stedfortræder).",
    (Property("rank", "integer", "Order among several substitutes; the lowest comes first"),),
    (
        Link("person", "STANDS_IN", ("Person",), single=True, incoming=True),
        Link("assignment", "SUBSTITUTES", ("Assignment",), single=True),
        Link("scope_units", "SCOPE_UNIT", ("Unit",), narrows=True, doc="Only for these units and what lies below"),
        Link(
            "scope_responsibilities",
            "SCOPE_ABOUT",
            RESPONSIBLE_FOR,
            narrows=True,
            doc="Only for these responsibilities",
        ),
    ),
)
ENDED_IN_KLE = (
    Property("announced_end", doc="The year in which it is to end, as KL has announced it; 'unknown' without a year"),
    Property("ending", doc="How it ended or will end", one_of=KLE_ENDINGS),
    Property("changed", "date", "When the title was last changed"),
)
KLE_NODE = Kind(
    "KleNode",
    "Main group, group or subject of KLE (hovedgruppe, gruppe, emne).",
    (
        Property("number"),
        Property("title"),
        Property("kle_uuid", doc="KL's own UUID, if it is a valid one"),
        *ENDED_IN_KLE,
        Property("preservation", doc="Preservation by the archive act (bevaring): K, K5, K10, B, tom"),
        Property("deletion_after", doc="Deletion by data protection rules, an ISO 8601 duration"),
    ),
    (
        Link("parent", "WITHIN", ("KleNode",), single=True),
        Link(
            "replaced_by",
            "REPLACED_BY",
            ("KleNode",),
            outlives=True,
            doc="Its successor when it was moved (afløst af), from that day on",
        ),
    ),
    natural="number",
    reused=True,
)
KLE_FACET_CATEGORY = Kind(
    "KleFacetCategory",
    "A category of KLE's facets (handlingsfacetkategori): a letter.",
    (Property("number"), Property("title"), Property("kle_uuid"), *ENDED_IN_KLE),
    natural="number",
    reused=True,
)
KLE_FACET = Kind(
    "KleFacet",
    "What is done in a case (handlingsfacet): a letter and two digits.",
    (
        Property("number"),
        Property("title"),
        Property("kle_uuid"),
        *ENDED_IN_KLE,
        Property("preservation"),
    ),
    (
        Link("category", "WITHIN", ("KleFacetCategory",), single=True),
        Link("replaced_by", "REPLACED_BY", ("KleFacet",), outlives=True),
    ),
    natural="number",
    reused=True,
)
FUNCTION = Kind(
    "Function",
    "A function that people can be responsible for, such as payroll reporting.",
    (Property("key"), Property("title")),
    natural="key",
)
SYSTEM_GROUP = Kind(
    "SystemGroup",
    "A group of IT systems.",
    (Property("key"), Property("title")),
    (Link("groups", "MEMBER_OF", ("SystemGroup",)),),
    natural="key",
)
IT_SYSTEM = Kind(
    "ItSystem",
    "An IT system.",
    (
        Property("key"),
        Property("title"),
        Property("uri", doc="Its address as a name, such as its SAML entity ID"),
        Property("cvr", doc="CVR number of who owns it"),
        Property("environment", doc="Each environment is a system of its own", one_of=ENVIRONMENTS),
        Property("blocked", "yes_no", "Rights in it are left out"),
        Property("manual", "yes_no", "Rights in it are given by hand, by its own administrator"),
    ),
    (Link("groups", "MEMBER_OF", ("SystemGroup",)),),
    natural="key",
)
DIRECTORY_GROUP = Kind(
    "DirectoryGroup",
    "A group of a directory (AD-gruppe) as observed there; kept for comparison.",
    (
        Property("name"),
        Property("description"),
        Property("email"),
        Property("distinguished_name"),
        Property("type", doc="What the directory uses it for", one_of=GROUP_TYPES),
    ),
    (
        Link("system", "AT", ("ItSystem",), single=True),
        Link("groups", "MEMBER_OF", ("DirectoryGroup",)),
    ),
)
ACCOUNT = Kind(
    "Account",
    "A login in a directory or system (it-konto).",
    (
        Property("login", doc="User name: sAMAccountName, UNI-Login", identifies=True),
        Property("principal_name", doc="userPrincipalName", identifies=True),
        *texts("display_name email", identifies=True),
        Property("enabled", "yes_no"),
        Property("expires", "date", "The first day on which it no longer works"),
        Property("distinguished_name", identifies=True),
        Property("employment_number"),
        Property("primary", "yes_no", "The main one of the owner's accounts in the system"),
        Property("former_logins", "texts", identifies=True),
        Property("institution_numbers", "texts", "Schools that it belongs to, by STIL's numbers"),
    ),
    (
        Link("owner", "OWNS", ("Person",), single=True, incoming=True, owner=True),
        Link(
            "employment",
            "USED_FOR",
            ("Employment",),
            single=True,
            owner=True,
            doc="The employment that the account is for, where each employment has its own",
        ),
        Link("system", "AT", ("ItSystem",), single=True),
        Link("groups", "MEMBER_OF", ("DirectoryGroup",)),
    ),
)
