"""``query`` and ``schema``: GraphQL from a file.

The API is loaded only when it is needed: building its schema takes a second.
"""

import json
import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import print_json

_ENVIRONMENT = "RECONNECT_TOKEN"


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(query)
    app.command()(schema)


def query(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A GraphQL document.", exists=True, dir_okay=False)],
    var: Annotated[
        list[str] | None,
        typer.Option(help="A variable as name=value; a value that is not JSON is text. May be repeated."),
    ] = None,
    operation: Annotated[str | None, typer.Option(help="The operation to run, if the document has several.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="Query the running service with the token in this file; - is standard input. The token can also be in "
            f"{_ENVIRONMENT}, but not in an argument: every user of the machine can read those.",
            allow_dash=True,
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the service; default the one in RECONNECT_HOME.", show_default=False)
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the compiled Cypher, its plan and its time instead of the answer.")
    ] = False,
) -> None:
    """Run the GraphQL query in a file, and print the answer as JSON.

    Without a token, the graph is read directly, with all rights, and nothing can be changed. With a token, the query
    goes to the service at --url, over https:// or on this machine, and may be a mutation. GraphQL errors are in the
    JSON (exit code 1).
    """

    from reconnect.commands.serve import api_port

    variables = dict(_variable(each) for each in var or [])
    try:
        document = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} can't be read: {error}", Exit.USAGE) from error
    token = _token(token_file)
    if explain and token is not None:
        raise CommandFailed("--explain reads the graph itself: ask without a token.", Exit.USAGE)
    if explain:
        _explain(of(context), document, operation, variables)
        return
    if token is None:
        answer = _here(of(context), document, operation, variables)
    else:
        answer = _there(url or f"http://127.0.0.1:{api_port(of(context))}", token, document, operation, variables)
    print_json(answer)
    if answer.get("errors"):
        raise typer.Exit(Exit.FAILURE)


def schema() -> None:
    """Print the API's GraphQL schema."""
    from api.schema import schema as api_schema

    print(api_schema.as_str())


def _token(file: Path | None) -> str | None:
    if file is None:
        place, text = _ENVIRONMENT, os.environ.get(_ENVIRONMENT, "")
        if not text:
            return None
    else:
        place = str(file)
        try:
            text = sys.stdin.read() if place == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandFailed(f"{file} can't be read: {error}", Exit.USAGE) from error
    if len(text.split()) != 1:  # two lines can't be a header, and the error about it would repeat them
        raise CommandFailed(f"{place} must contain one token and nothing else.", Exit.USAGE)
    return text.strip()


def _is_here(url: str) -> bool:
    """Whether the address is one of this machine. Raises CommandFailed where a token must not be sent there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        here = False
    if parts.scheme != "https" and not here:
        raise CommandFailed(
            f"{url}: a token is sent to another machine over https:// only; without TLS it could be read on the way.",
            Exit.USAGE,
        )
    return here


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandFailed(f"--var {text!r}: write it as name=value", Exit.USAGE)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _here(context: Context, document: str, operation: str | None, variables: dict[str, Any]) -> dict[str, Any]:
    import orjson

    from api.access.rights import ROLES, Access
    from reconnect.local_api import QueryRejected, local_api

    everything = Access("command line", frozenset(ROLES))
    with local_api(context) as api:
        try:
            answer: dict[str, Any] = orjson.loads(api.answer(everything, document, operation, variables))
        except QueryRejected as refused:
            return {"errors": refused.errors}
        return answer


def _explain(context: Context, document: str, operation: str | None, variables: dict[str, Any]) -> None:
    from api.access.rights import ROLES, Access
    from reconnect.local_api import QueryRejected, local_api

    with local_api(context) as api:
        try:
            fields = api.explained(Access("command line", frozenset(ROLES)), document, operation, variables)
        except QueryRejected as refused:
            raise CommandFailed(str(refused)) from refused
    for each in fields:
        print(f"// {each.field}: planned in {each.planning * 1000:.1f} ms, ran in {each.running * 1000:.1f} ms")
        print(each.text, end="\n\n")
        for step in each.steps:
            print(f"//   {step}")
        print()


def _there(url: str, token: str, document: str, operation: str | None, variables: dict[str, Any]) -> dict[str, Any]:
    import httpx

    try:
        here = _is_here(url)
        answer = httpx.post(
            f"{url.rstrip('/')}/graphql",
            json={"query": document, "operationName": operation, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=not here,
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CommandFailed(f"The service at {url} does not answer: {error}. `reconnect serve` starts it.") from error
    try:
        content: dict[str, Any] = answer.json()
    except ValueError as error:
        form = answer.headers.get("content-type", "no content type")
        raise CommandFailed(f"The server at {url} is not REConnect: HTTP {answer.status_code}, {form}.") from error
    return content
