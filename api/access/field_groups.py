"""Field groups: what a system role shows beside the structure of the organisation, as far as it is limited to some.

A role may be limited to groups by the constraint type ``reconnect_fields``, and a token by ``--fields``. What
identifies units, people, work and responsibilities (``identity``) comes with every role. A role that is limited is not
the role itself, but one name for each of its groups (``reader:contact``): a table lists such a name where the group is
shown, and whatever lists the role alone (the change log, mutations, most computed answers) is closed to it.
"""

from collections.abc import Iterable, Mapping

IDENTITY = "identity"
TITLES: Mapping[str, str] = {
    IDENTITY: "Names, units, employments and responsibilities; with every role",
    "contact": "Work phone, mobile and e-mail of people",
    "private": "Home address and private phone, of roles that read them",
    "pay": "Pay grade, of roles that read it",
    "accounts": "Accounts, planned accounts and their rules",
    "rights": "Rights, grants, requests and attestations",
}
"""The groups, in words."""
FIELD_GROUPS = tuple(TITLES)

OF_KIND: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "Account", "PlannedAccount", "DirectoryGroup", "NamePolicy", "AccountRule", "AccountException",
            "AccountRequest", "ManualStep",
        ),
        "accounts",
    ),
    **dict.fromkeys(
        (
            "ConstraintType", "SystemRole", "JobFunctionRole", "Grant", "ConstraintSetting", "RightsConflict",
            "RightsRequest", "Attestation",
        ),
        "rights",
    ),
}  # fmt: skip
"""The kinds that are in a group as a whole; the others are ``identity``."""
CONTACT: Mapping[str, frozenset[str]] = {
    "Person": frozenset({"work_email", "work_phone", "mobile"}),
    "Employment": frozenset({"phone", "extension", "email"}),
    "Affiliation": frozenset({"phone", "email"}),
}
"""The properties of ``contact``. Those of ``private`` and ``pay`` are in the model (``Property.access``)."""


def group_of_changes(kind: str) -> str:
    """The group that a caller needs to learn of every change of a thing; "" where ``identity`` is enough."""
    return "contact" if kind in CONTACT else ""


class WrongGroups(ValueError):
    """The group does not exist, or no group is named."""


def limited_to(role: str, groups: Iterable[str]) -> frozenset[str]:
    """The names of a role that is limited to these groups. Raises WrongGroups."""
    named = frozenset(groups)
    if not named or not named <= TITLES.keys():
        wrong = ", ".join(sorted(named - TITLES.keys())) or "(none given)"
        raise WrongGroups(f"unknown field group {wrong}; there are {', '.join(FIELD_GROUPS)}")
    return frozenset(f"{role}:{group}" for group in {IDENTITY, *named})


def shown_to(roles: frozenset[str], group: str) -> frozenset[str]:
    """These roles, also where they are limited to groups of which this is one."""
    return roles | {f"{role}:{group}" for role in roles}


def role_of(name: str) -> str:
    """The system role of a name, limited or not."""
    return name.partition(":")[0]


def group_of(name: str) -> str | None:
    """The group that the name shows; None: the role is not limited to groups."""
    return name.partition(":")[2] or None


def whole_roles(names: Iterable[str]) -> list[str]:
    """The roles that are not limited to groups, sorted."""
    return sorted(each for each in names if group_of(each) is None)
