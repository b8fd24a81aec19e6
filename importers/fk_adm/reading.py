"""Everything that FK-adm answers, asked in one go: which systems, their system roles, which job-function roles.

Every system is asked each time: its changedDate does not move when a shared constraint type changes (pitfall 22).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from graph.patterns import PatternRejected, check
from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kombit_content import ContentAtKombit, LimitAtKombit, split
from graph.statements.statement import Problem
from importers.fk_adm.answers import JobRole, Read, Role, System, Type, job_role, role, system, thin_job_role
from importers.fk_adm.client import FkAdmClient
from importers.fk_adm.comparison import KnownSystemRole
from importers.fk_adm.errors import NotRead
from importers.fk_adm.lookup import KnownRole, Setting
from importers.fk_adm.types import meant

Progress = Callable[[str, int, int | None], None]


@dataclass
class Answers:
    """What was read, and what was not.

    ``roles``: by uuid, with the system's. ``unread_systems``: systems whose roles were not told (or not all);
    ``unread_job_roles``: uuids of job-function roles that could not be read. ``doubts``: why the whole may not be the
    whole.
    """

    systems: dict[str, System] = field(default_factory=dict)
    roles: dict[str, tuple[str, Role]] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    users: dict[str, set[str]] = field(default_factory=dict)
    job_roles: dict[str, JobRole] = field(default_factory=dict)
    unread_systems: set[str] = field(default_factory=set)
    unread_system_list: bool = False
    unread_roles: set[str] = field(default_factory=set)
    unread_job_roles: set[str] = field(default_factory=set)
    unread_job_role_list: bool = False
    doubts: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def everything_of_systems(self) -> bool:
        return not (self.unread_systems or self.unread_system_list or self.unread_roles)

    def kinds(self) -> dict[str, ConstraintType]:
        """The constraint types by URI."""
        return {each.uri: meant(each) for each in self.types.values()}

    def system_roles(self) -> dict[str, KnownSystemRole]:
        """By URI."""
        kinds = self.kinds()
        return {
            each.uri: KnownSystemRole(
                each.uri,
                each.title,
                of,
                {one.uri: kinds[one.uri] for one in each.types},
                frozenset(one.uri for one in each.types if one.uuid in each.required),
            )
            for of, each in self.roles.values()
        }

    def content(self, job_role: JobRole) -> ContentAtKombit:
        """What a job-function role contains at KOMBIT."""
        roles = {uuid: self.roles[uuid][1].uri for uuid, _ in job_role.parts}
        limits = {
            (roles[uuid], each.type_uri): LimitAtKombit(parameter=each.value)
            if each.dynamic
            else LimitAtKombit(each.value)
            for uuid, constraints in job_role.parts
            for each in constraints
        }
        return ContentAtKombit(frozenset(roles.values()), limits)

    def known(self, job_role: JobRole) -> KnownRole:
        """A job-function role at KOMBIT, in the form in which ours are compared with it."""
        settings = {}
        kinds = self.kinds()
        for uuid, constraints in job_role.parts:
            for each in constraints:
                fixed = () if each.dynamic else split(each.value, kinds.get(each.type_uri))
                parameter = each.value if each.dynamic else ""
                settings[self.roles[uuid][1].uri, each.type_uri] = Setting(fixed, parameter, each.dynamic)
        includes = frozenset(self.roles[uuid][1].uri for uuid, _ in job_role.parts)
        return KnownRole(
            cvr=job_role.cvr,
            uri=job_role.uri,
            title=job_role.title,
            description=job_role.description,
            delegated_to=job_role.delegated_to,
            includes=includes,
            settings=settings,
        )


def read(client: FkAdmClient, had_roles: Callable[[str], bool], own_cvr: str, progress: Progress) -> Answers:
    """Ask for everything. ``had_roles``: whether roles of a system (uuid) are kept. Raises SourceError."""
    answers = Answers()
    _read_systems(client, answers)
    for number, each in enumerate(answers.systems.values()):
        progress("systems of FK-adm", number, len(answers.systems))
        _read_roles(client, each, had_roles, answers)
    _read_job_roles(client, answers, own_cvr, progress)
    for told in sorted(answers.types.values(), key=lambda one: one.uri):
        _check_pattern(told, answers)
    return answers


def _read_systems(client: FkAdmClient, answers: Answers) -> None:
    answer = client.systems()
    if answer is None:
        answers.unread_system_list = True
        answers.doubts.append("the list of systems is an empty body")
        return
    read = Read()
    answers.systems = {each.uuid: each for each in read.each("ItSystem", answer, system)}
    answers.problems += read.problems
    answers.unread_systems |= read.unread
    answers.unread_system_list |= read.unnamed


def _read_roles(client: FkAdmClient, of: System, had_roles: Callable[[str], bool], answers: Answers) -> None:
    def unread(rule: str, text: str) -> None:
        answers.unread_systems.add(of.uuid)
        answers.problems.append(Problem("ItSystem", of.uuid, "roller", rule, f"{of.title}: {text}"))

    try:
        answer = client.roles(of.uuid)
    except NotRead as wrong:
        unread(wrong.rule, str(wrong))
        return
    if answer is None:
        if had_roles(of.uuid):
            unread("empty_body", "its roles are an empty body, and there were some before; they stay as they are")
        return
    read = Read()
    for each in read.each("SystemRole", answer, role):
        answers.roles[each.uuid] = of.uuid, each
        for one in each.types:
            _add_type(one, of, answers)
    answers.problems += read.problems
    answers.unread_roles |= read.unread
    if read.unnamed:
        answers.unread_systems.add(of.uuid)


def _add_type(type_: Type, of: System, answers: Answers) -> None:
    before = answers.types.get(type_.uuid)
    if before is not None and before != type_:
        text = f"{type_.title} is described otherwise at {of.title} than at a system before it; the last one counts"
        answers.problems.append(Problem("ConstraintType", type_.uuid, "", "two_descriptions", text, "notice"))
    answers.types[type_.uuid] = type_
    answers.users.setdefault(type_.uuid, set()).add(of.uuid)


def _read_job_roles(client: FkAdmClient, answers: Answers, own_cvr: str, progress: Progress) -> None:
    thin = client.job_roles()
    if thin is None:
        answers.unread_job_role_list = True
        answers.doubts.append("the list of job-function roles is an empty body")
        return
    read = Read()
    uuids = list(read.each("JobFunctionRole", thin, thin_job_role))
    for number, uuid in enumerate(uuids):
        progress("job-function roles of FK-adm", number, len(uuids))
        try:
            detail = client.job_role(uuid)
        except NotRead as wrong:
            read.unread.add(uuid)
            read.problems.append(Problem("JobFunctionRole", uuid, "", wrong.rule, str(wrong)))
            continue
        for each in read.each("JobFunctionRole", [detail], job_role):
            wrong_part = None if each.cvr != own_cvr else _wrong_part(each, answers)
            if each.uuid != uuid or wrong_part is not None:
                text = wrong_part or f"it was asked for, and {each.uuid} was answered"
                read.problems.append(Problem("JobFunctionRole", uuid, "", "contents", f"{each.title}: {text}"))
                read.unread.add(uuid)
            else:
                answers.job_roles[uuid] = each
        if uuid not in answers.job_roles:
            read.unread.add(uuid)
    answers.problems += read.problems
    answers.unread_job_roles |= read.unread
    answers.unread_job_role_list |= read.unnamed and not uuids


def _wrong_part(job_role: JobRole, answers: Answers) -> str | None:
    """A role is taken with all that it contains or not at all: without a limit it would be wider than it is."""
    for uuid, constraints in job_role.parts:
        if uuid not in answers.roles:
            return f"it includes the system role {uuid}, which none of the systems read has"
        role = answers.roles[uuid][1]
        known = {each.uri for each in role.types}
        for each in constraints:
            if each.type_uri not in known:
                return f"it limits {role.title} by {each.type_uri}, which that does not take"
    return None


def _check_pattern(type_: Type, answers: Answers) -> None:
    if type_.pattern:
        try:
            check(type_.pattern)
        except PatternRejected as wrong:
            text = f"{type_.title}: {wrong}; roles with values of it are left out"
            answers.problems.append(Problem("ConstraintType", type_.uuid, "pattern", "pattern", text, "notice"))
