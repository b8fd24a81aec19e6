"""What the web service runs on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import neo4j

from api.access.four_eyes import Rule
from api.computed.contract import Operated, States
from api.http.metrics import Logins
from api.http.pages import Pages
from api.login.claims import ClaimsService
from api.login.routes import Login
from api.login.web_login import WebLogin
from api.model.known_names import Targets
from api.reads.limits import Limits
from exporters.objects.deciding import Decisions
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from idp.local_accounts.handing_over import HandingOver
from processes.cases.attachment_files import Store
from rules.accounts.staff import Memberships


@dataclass(frozen=True)
class Service:
    """The resources of the web service. The program opens and closes the drivers."""

    driver: neo4j.Driver
    reading: neo4j.AsyncDriver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    redis_url: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    states: States | None = None
    logins: Logins | None = None
    """Which targets refuse REConnect's login, for the metrics."""
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    memberships: tuple[Memberships, ...] = ()
    """Of the targets that keep groups, for previews."""
    operated: Operated = field(default_factory=Operated)
    """What the operator has set, for those who look after the service."""
    origins: tuple[str, ...] = ()
    """Origins of other pages that may use the API (``api.callers.origins``)."""
    introspection: bool = True
    """Whether tokens may read the schema (``__schema``, ``__type``)."""
    warm_up: bool = False
    """Whether the service is ready only once it is warm (``api.http.warming``)."""
    login: Login | None = field(default=None, repr=False)
    """The pages of login; None where no people log in here."""
    handing: HandingOver | None = field(default=None, repr=False)
    """How people are invited to log in."""
    decisions: Decisions | None = field(default=None, repr=False)
    """How people decide about accounts at targets."""
    four_eyes: frozenset[Rule] = frozenset()
    """What one person must not do alone (``api.access.four_eyes``)."""
    address: str | None = None
    """The public address of this service, if the settings have it."""
    web_login: WebLogin | None = field(default=None, repr=False)
    """Login of people to REConnect itself; None: only tokens are accepted."""
    claims: ClaimsService | None = None
    """The addresses of claims; None where no CVR number is known."""
    pages: Pages | None = field(default=None, repr=False)
    """The pages for people; None: there is only the page that says who is logged in."""
    graphiql: Mapping[str, bytes] | None = field(default=None, repr=False)
    """The files of ``api.http.graphiql.FETCHED``; None if they are not available."""
    attachments: Store | None = None
    """Storage for files attached to tasks; None if there is none."""
