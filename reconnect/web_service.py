"""The resources of the web service, as the settings have them: what ``serve`` serves."""

from collections.abc import Mapping
from functools import partial

from api.computed.contract import Operated, Statement
from api.http.pages import Pages
from api.http.service import Service
from api.reads.limits import Limits
from graph.connection import connect_async
from graph.cpr.keyring import require_keys_of
from reconnect.account_decisions import decisions
from reconnect.asked_runs import AskedRuns
from reconnect.context import Context
from reconnect.identity_provider import claims_service, login_pages, receivers_of, require_system_and_key, web_login
from reconnect.settings.file import shown
from reconnect.source_health import as_answers
from reconnect.targets import memberships, objects
from reconnect.work import refused_logins


def service_of(
    context: Context,
    host: str,
    port: int,
    *,
    graphiql: Mapping[str, bytes] | None,
    pages: Pages | None,
    warm_up: bool = True,
) -> Service:
    """The service for this address. Called inside of the event loop that serves it, to which its async driver belongs;
    the application closes that driver. Raises what is wrong with keys and settings."""
    uri, user, password = context.neo4j_login()
    require_keys_of(context.driver(), context.keyring)
    login = login_pages(context, host, port)
    require_system_and_key(context, host, port)
    idp = context.settings.idp
    context.tell_of_scanner()
    return Service(
        driver=context.driver(),
        reading=connect_async(uri, user, password),
        keyring=context.keyring,
        order=context.order,
        redis_url=context.redis_url(),
        states=partial(as_answers, context),
        logins=partial(refused_logins.as_gauge, context),
        role_rules={each.name: each.about for each in context.settings.roles},
        targets=objects(context.settings.targets),
        memberships=memberships(context.settings.targets),
        operated=Operated(
            idp.system if login else None,
            lambda: shown(context.loaded),
            idp.cvr,
            receivers_of(idp),
            Statement(**context.settings.accessibility.model_dump()),
            AskedRuns(context),
        ),
        origins=context.settings.api.origins,
        introspection=context.settings.api.introspection,
        limits=Limits(budget=context.settings.api.budget),
        warm_up=warm_up,
        claims=claims_service(context),
        login=login,
        handing=None if login is None else login.handing,
        decisions=decisions(context),
        four_eyes=frozenset(context.settings.api.four_eyes),
        address=context.settings.idp.address,
        web_login=web_login(context, host, port),
        graphiql=graphiql,
        pages=pages,
        attachments=context.attachments,
    )
