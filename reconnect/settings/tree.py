"""Every setting of the program, as one typed tree. ``reconnect config`` shows the effective values.

Each source's and target's own settings are in its folder; here they only get their place in the tree.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from api.access.four_eyes import Rule
from api.callers.origins import origin
from api.login.settings import LoginSettings
from graph.statements.precedence import DEFAULT_ORDER
from idp.settings import IdpSettings
from importers.pipeline.brake import BrakeSettings
from protocols.addresses import HostName, SecretAddress
from reconnect import folders
from reconnect.settings.attachments import AttachmentSettings
from reconnect.settings.cron import Cron
from rules.roles import RoleRule


class Section(BaseModel):
    """A group of settings. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _graph_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme.partition("+")[0] not in ("bolt", "neo4j") or not parts.hostname:
        raise ValueError("is not an address of Neo4j, such as neo4j://db.example:7687")
    return text


def _queue_address(secret: SecretStr) -> SecretStr:
    parts = urlsplit(secret.get_secret_value())
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ValueError("is not an address of Redis, such as redis://:password@queue.example:6379/0")
    return secret


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError('is not an address or a network, such as "10.0.0.5" or "10.0.0.0/24"') from error
    return text


GraphAddress = Annotated[str, AfterValidator(_graph_address)]
QueueAddress = Annotated[SecretStr, AfterValidator(_queue_address)]
Network = Annotated[str, AfterValidator(_network)]
"""An address or a network (CIDR, without bits of a host), of IPv4 or IPv6."""


class Neo4jSettings(Section):
    """The graph's store. Without ``uri``, the embedded Neo4j of RECONNECT_HOME."""

    uri: GraphAddress | None = Field(default=None, description='bolt:// or neo4j:// address; "": the embedded server')
    user: str = "neo4j"
    password: SecretStr | None = None
    heap: str = Field(
        default="1536m",
        pattern="^[1-9][0-9]*[kmg]$",
        examples=["512m"],
        description="largest heap of the embedded server",
    )
    initial_heap: str = Field(default="512m", pattern="^[1-9][0-9]*[kmg]$", examples=["512m"])
    page_cache: str = Field(default="512m", pattern="^[1-9][0-9]*[kmg]$", examples=["512m"])
    bolt_port: int | None = Field(
        default=None, ge=1024, le=65535, description="of the embedded server; empty: chosen once"
    )
    http_port: int | None = Field(default=None, ge=1024, le=65535)


class RedisSettings(Section):
    """Job queue and locks. Without ``url``, the embedded Valkey of RECONNECT_HOME."""

    url: QueueAddress | None = Field(
        default=None, description='redis://, rediss:// address with password; "": the embedded server'
    )
    port: int | None = Field(default=None, ge=1024, le=65535, description="of the embedded server; empty: chosen once")


class ApiSettings(Section):
    """The web service."""

    host: str = "127.0.0.1"
    port: int | None = Field(
        default=None, ge=1, le=65535, description="empty: chosen once for RECONNECT_HOME and remembered"
    )
    origins: tuple[str, ...] = Field(
        default=(),
        description='of other sites whose pages may use the API, e.g. "https://intra.kommune.example"; none by default',
    )
    proxies: tuple[Network, ...] = Field(
        default=("127.0.0.1", "::1"), description="reverse proxies whose X-Forwarded-For counts: addresses, networks"
    )
    budget: int = Field(
        default=60_000_000,
        ge=10_000_000,  # the cost of the most expensive question that is allowed
        description="fields that each token may ask for in a minute; extensions.cost has the cost of an answer",
    )
    four_eyes: tuple[Rule, ...] = Field(
        default=("approve_brake", "end_sensitivity", "end_stop", "erase_person", "extra_account"),
        description="what one person must not do alone",
    )
    introspection: bool = Field(
        default=True, description="show the schema to every user with a token; GraphiQL needs it"
    )

    @field_validator("origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(origin, given))


class LogSettings(Section):
    """Log lines, on stderr."""

    form: Literal["auto", "json", "console"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class CprKeySettings(Section):
    """Keys for CPR numbers, each 32 bytes in base64. Without any, keys are made in RECONNECT_HOME/secrets."""

    current: str = Field(default="k1", description="id of the key that new numbers are encrypted with")
    keys: dict[str, SecretStr] = Field(default_factory=dict, description="key id → key; old ones stay until rotated")
    hash_key: SecretStr | None = Field(
        default=None, description="what persons are looked up by; can't be changed later"
    )


class MergeSettings(Section):
    """The order of the sources: whose value is effective if several state one."""

    order: tuple[str, ...] = Field(default=DEFAULT_ORDER, description="the earlier source wins")
    properties: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description='another order for one property, e.g. "Person.name"'
    )


class ScheduleSettings(Section):
    """When the worker runs each job: cron expressions (minute hour day month weekday), Europe/Copenhagen."""

    imports: dict[str, Cron] = Field(default_factory=dict, description='source → times, e.g. sd = "0 5 * * *"')
    exports: dict[str, Cron] = Field(default_factory=dict, description='target → times, e.g. "*/15 * * * *"')
    comparisons: dict[str, Cron] = Field(
        default_factory=dict,
        description="target that takes objects one by one → times of an export that compares everything there, e.g. "
        '"30 4 * * *"',
    )
    day_turn: Cron = Field(default="5 0 * * *", validate_default=True)


class SilenceSettings(Section):
    """When a source counts as silent: it has not been read successfully for too long."""

    after_hours: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="source → hours; otherwise the longest gap in its schedule and the margin; 0 = never",
    )
    margin_minutes: int = Field(default=60, ge=0, description="added to the gap, for a run that takes its time")


class AccessibilitySettings(Section):
    """The statement on the accessibility of the pages, which the law asks for, and who answers for it."""

    statement: str | None = Field(
        default=None,
        pattern=r"^https://(www\.)?was\.digst\.dk/[a-z0-9.-]+$",
        examples=["https://www.was.digst.dk/reconnect-kommune-dk"],
        description="its address in the WAS-Tool of Digitaliseringsstyrelsen",
    )
    email: str | None = Field(
        default=None,
        pattern=r"^[^\s@]+@[^\s@]+$",
        examples=["webadgang@kommune.example"],
        description="where people write about what they can't use",
    )
    phone: str | None = Field(
        default=None, pattern=r"^\+?[0-9 ]{8,20}$", examples=["99 99 99 99"], description="and where they call"
    )


class MailSettings(Section):
    """The mail server for warnings. Without ``host``, none are sent."""

    host: HostName | None = None
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str | None = Field(default=None, description="PEM of the authority to trust; empty: the system's")
    user: str | None = None
    password: SecretStr | None = None
    sender: str = "reconnect@localhost"
    to: tuple[str, ...] = Field(default=(), description="who gets the warnings")


class AccountNoticeSettings(Section):
    """Mails about accounts, sent once a day, after the day turn, by ``[mail]``. Without ``managers`` and ``it``, none
    are sent."""

    managers: tuple[Literal["ready", "expires", "closed"], ...] = Field(
        default=(), description="what the nearest manager hears of the accounts of their people"
    )
    expires_days: int = Field(default=14, ge=1, le=366, description="so many days before an account ends")
    it: tuple[str, ...] = Field(default=(), description="mail addresses that hear daily of accounts that are stuck")
    language: Literal["da", "en"] = "da"


class TaskMailSettings(Section):
    """Mails to people for whom tasks of processes wait, by the server of ``[mail]``."""

    send: Literal["none", "soon", "daily"] = Field(
        default="none",
        description="soon: within a minute or two; daily: together, in the morning of each working day",
    )
    pages: str | None = Field(default=None, description="where the pages are, for links: https://host")
    language: Literal["da", "en"] = "da"

    @field_validator("pages")
    @classmethod
    def _origin(cls, given: str | None) -> str | None:
        return None if given is None else origin(given)

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> Self:
        if self.send != "none" and self.pages is None:
            raise ValueError("pages is missing, so a mail could not say where the task is")
        return self


class SmsSettings(Section):
    """The HTTP gateway for text messages to people. Without ``url``, none are sent."""

    url: SecretAddress | None = Field(default=None, description="where messages are sent to by POST, https")
    token: SecretStr | None = Field(default=None, description="sent as a bearer token")
    user: str | None = Field(default=None, description="with password, instead of a token")
    password: SecretStr | None = None
    body: Mapping[str, Any] = Field(
        default={"to": "{number}", "message": "{text}"},
        description="what the gateway wants, as JSON; values {number} (+4512345678), {digits} (4512345678) and {text} "
        "are filled in, also within lists and tables",
    )
    form: bool = Field(default=False, description="true: the body is sent as fields of a form")
    ca_file: Path | None = Field(default=None, description="PEM of the authority to trust; empty: the public ones")
    own_machine: bool = Field(default=False, description="allow an address of this machine, or a link-local one")
    seconds: float = Field(default=30, gt=0)

    @field_validator("body")
    @classmethod
    def _is_filled_in(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        whole = str(given)
        if "'{text}'" not in whole or ("'{number}'" not in whole and "'{digits}'" not in whole):
            raise ValueError("needs a value {text}, and a value {number} or {digits}")
        return given


class HookSettings(Section):
    """A system that processes call (service ``webhook``). It gets JSON by POST, with the header Idempotency-Key."""

    url: SecretAddress = Field(description="where it is called by POST, https")
    token: SecretStr | None = Field(default=None, description="sent as a bearer token")
    ca_file: Path | None = Field(default=None, description="PEM of the authority to trust; empty: the public ones")
    own_machine: bool = Field(default=False, description="allow an address of this machine, or a link-local one")
    seconds: float = Field(default=30, gt=0, le=300)


_Days = Annotated[int, Field(ge=30, le=36525)]


class ProcessSettings(Section):
    """What processes may do outside of REConnect, and how long their cases are kept."""

    hooks: Mapping[str, HookSettings] = Field(default={}, description="the systems that may be called, by name")
    kept_days: _Days = Field(default=730, description="days after which an ended case is deleted")
    kept_days_of: Mapping[str, _Days] = Field(default={}, description="the same for single processes, by id")
    attachments: AttachmentSettings = AttachmentSettings()


class WorkerSettings(Section):
    """The job worker."""

    at_once: int = Field(default=2, ge=1, le=64, description="jobs at the same time in one worker process")
    attempts: int = Field(default=5, ge=1, description="attempts at a job that fails for a temporary reason")
    first_delay: float = Field(default=30, gt=0, description="seconds before the second attempt; doubled each time")
    longest: int = Field(default=6 * 3600, gt=0, description="seconds after which a job is stopped")
    lock_seconds: float = Field(default=60, ge=5, description="life of a lock; renewed three times in that time")


class OfFolders(Section):
    """Settings of the sources, or of the targets: a field for each folder."""

    def of(self, name: str) -> BaseModel | None:
        """The settings of one; None if there are none, or no such folder. ``build`` of the folder knows their type."""
        found = getattr(self, name) if name in type(self).model_fields else None
        return found if isinstance(found, BaseModel) else None

    def several(self, name: str) -> Mapping[str, BaseModel] | None:
        """The settings of each target of a folder with several, by name; None if the folder is one target."""
        found = getattr(self, name) if name in type(self).model_fields else None
        return found if isinstance(found, Mapping) else None


Instance = Annotated[str, Field(pattern="^[a-z0-9_]+$", examples=["intranet"])]


def of_folders(room: str, doc: str, found: Mapping[str, Any]) -> type[OfFolders]:
    """``found``: the package of each folder.

    Settings with defaults only may be omitted; others are None until they are set.
    """
    fields: dict[str, Any] = {}
    for name, folder in found.items():
        model: type[BaseModel] = folder.Settings
        if getattr(folder, "SEVERAL", False):
            fields[name] = (dict[Instance, model], Field(default_factory=dict, description="name → its settings"))  # type: ignore[valid-type]
        elif any(each.is_required() for each in model.model_fields.values()):
            fields[name] = (model | None, None)
        else:
            fields[name] = (model, model())
    return create_model(room, __base__=OfFolders, __doc__=doc, **fields)


if TYPE_CHECKING:
    SourcesSettings = OfFolders
    TargetsSettings = OfFolders
else:
    SourcesSettings = of_folders(
        "SourcesSettings",
        "The sources, each with its own settings; absent: not used.",
        {name: folders.source(name) for name in folders.source_names()},
    )
    TargetsSettings = of_folders(
        "TargetsSettings",
        "The targets, each with its own settings; absent: not used.",
        {name: folders.target(name) for name in folders.target_names()},
    )


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    neo4j: Neo4jSettings = Neo4jSettings()
    redis: RedisSettings = RedisSettings()
    api: ApiSettings = ApiSettings()
    logs: LogSettings = LogSettings()
    cpr_keys: CprKeySettings = CprKeySettings()
    merge: MergeSettings = MergeSettings()
    brake: BrakeSettings = BrakeSettings()
    roles: tuple[RoleRule, ...] = Field(default=(), description="rules that make roles from payroll facts")
    schedules: ScheduleSettings = ScheduleSettings()
    silence: SilenceSettings = SilenceSettings()
    accessibility: AccessibilitySettings = AccessibilitySettings()
    mail: MailSettings = MailSettings()
    account_notices: AccountNoticeSettings = AccountNoticeSettings()
    task_mails: TaskMailSettings = TaskMailSettings()
    sms: SmsSettings = SmsSettings()
    processes: ProcessSettings = ProcessSettings()
    worker: WorkerSettings = WorkerSettings()
    idp: IdpSettings = IdpSettings()
    login: LoginSettings = LoginSettings()
    sources: SourcesSettings = SourcesSettings()
    targets: TargetsSettings = TargetsSettings()

    @model_validator(mode="after")
    def _notices_have_a_server(self) -> Self:
        if (self.account_notices.managers or self.account_notices.it) and self.mail.host is None:
            raise ValueError("account_notices: mail.host is missing, so no mail could be sent")
        if self.task_mails.send != "none" and self.mail.host is None:
            raise ValueError("task_mails: mail.host is missing, so no mail could be sent")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``reconnect.settings.file`` passes in: it reads file, environment and secrets with their origin."""
        return (init_settings,)
