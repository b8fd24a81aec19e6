"""A domain as a target."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import orjson

from exporters.active_directory.channel import DirectoryChannel
from exporters.active_directory.closing import closings
from exporters.active_directory.domain_checks import findings
from exporters.active_directory.entries import ALIASES, EXPIRES
from exporters.active_directory.hooks import hook_of
from exporters.active_directory.image import organisation
from exporters.active_directory.names import USUAL
from exporters.active_directory.passwords import Channels, FirstPasswords, NoPasswords
from exporters.active_directory.session import connected
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.active_directory.shape import shaped
from exporters.errors import DeliveryError, NotSetUp
from exporters.objects.target import Closing, KindRules, Objects, Policy
from exporters.target import Image, Notice
from graph.retry import NEVER
from protocols.ldap.errors import LdapError

VERSION = "2"
"""Version of the shape; raise it when the shape makes other objects from the same image."""

_RULES = {
    "system",
    "users_ou",
    "places",
    "units",
    "groups",
    "attributes",
    "excluded_attributes",
    "limits",
    "cut",
    "manager",
    "aliases",
}
_DAYS_AHEAD = 60
"""How early the data of a coming employment are read: an account can be ready that long before."""


class ActiveDirectory:
    """OUs, users and groups of one domain. ``name``: the target's, such as active_directory-kommune. ``channels``: of
    first passwords. Settings that make none keep no account from being closed: what needs one is refused."""

    document = Path(__file__).with_name("image.graphql").read_text(encoding="utf-8")
    closing_document = Path(__file__).with_name("closing.graphql").read_text(encoding="utf-8")
    waits_for_imports = False

    def __init__(self, name: str, settings: ActiveDirectorySettings, channels: Channels | None = None) -> None:
        self.name = name
        self.settings = settings
        self.brake = settings.brake
        placed = frozenset({"ou", "place"})
        self.kinds = {
            "ou": KindRules(
                "disable",
                needed=frozenset({"parent"}),
                single=frozenset({"parent"}),
                lost=frozenset({"parent", "place"}),
                closes_last=True,
                placed_by=frozenset({"parent", "place"}),
            ),
            "user": KindRules(
                "disable_then_delete" if settings.delete else "disable",
                needed=frozenset({"ou"}),
                ends=EXPIRES,
                names={"login": "sAMAccountName", "email": "mail"},
                single=frozenset({"ou", "manager"}),
                lost=placed if settings.closed_ou else frozenset(),
                placed_by=placed,
            ),
            "group": KindRules("delete", placed_by=placed),  # a group can't be disabled
        }
        self.policy = Policy(
            adopt=False,  # a step of its own: reconnect accounts adopt
            first_beside_others=settings.first_beside_others,
            drift=settings.drift,
            deleted_by_others=settings.deleted_by_others,
            retention_days=settings.retention_days,
            verify_every=settings.verify_every,
            pauses=settings.pauses,
            hook=hook_of(settings.hook),
        )
        rules = orjson.dumps(settings.model_dump(include=_RULES), default=sorted, option=orjson.OPT_SORT_KEYS)
        self.rules = f"{VERSION}-{sha256(rules).hexdigest()[:16]}"
        self.place = settings.base.lower()
        try:
            self._passwords = FirstPasswords(settings.passwords, channels or Channels())
        except NotSetUp as problem:
            self._passwords = NoPasswords(settings.passwords, str(problem))

    def variables(self, at: date) -> Mapping[str, object]:
        return {
            "at": at.isoformat(),
            "until": (at + timedelta(days=_DAYS_AHEAD + 1)).isoformat(),
            "soon": (at + timedelta(days=_DAYS_AHEAD)).isoformat(),
            "rights": sorted(self.settings.groups.rights) if "right" in self.settings.groups.kinds else [],
        }

    def shape(self, image: Image, at: date) -> Objects:
        made = shaped(organisation(image, self.settings.system, at), self.settings)
        if self._passwords.problem:
            made.notices.append(Notice("user", "", "", "not_set_up", self._passwords.problem))
        return made

    def closing(self, image: Image, asked: Mapping[str, Sequence[str]], at: date) -> Closing:
        return closings(image, asked, self.settings.system)

    @property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """Every field that the shape may set, by kind."""
        aliases = (ALIASES,) if self.settings.aliases else ()
        users = dict.fromkeys((*USUAL, *aliases, *self.settings.attributes))
        return {
            "ou": ("ou", "place"),
            "user": tuple(users),
            "group": ("cn", "sAMAccountName", "groupType", "place"),
        }

    def check(self) -> Sequence[Notice]:
        with connected(self.settings) as session:
            try:
                return list(findings(session, self.settings))
            except LdapError as rejected:
                raise DeliveryError(str(rejected), retry=NEVER) from rejected

    @contextmanager
    def open(self, server: str = "") -> Iterator[DirectoryChannel]:
        """Raises DeliveryError if no controller can be used."""
        with connected(self.settings, server) as session:
            try:
                yield DirectoryChannel(session, self.settings, self.fields, self._passwords)
            except LdapError as wrong:  # about no object: a limit of the controller's, or an answer that is no answer
                raise DeliveryError(str(wrong), retry=wrong.retry) from wrong
