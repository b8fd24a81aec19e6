"""``sample``: the sample municipality in the sources' own formats: files, or simulated web services.

Each command loads only what it needs: loading everything takes longer than most commands.
"""

import contextlib
import secrets
import threading
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from reconnect.day_option import day_option
from reconnect.progress import progress
from reconnect.terminal import terminal


class Size(StrEnum):
    """How large the municipality is, in employments."""

    XS = "XS"
    S = "S"
    L = "L"
    XL = "XL"


Port = Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")]
OfSize = Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")]
Seed = Annotated[int, typer.Option(help="A different seed gives a different municipality.")]
Today = Annotated[date, day_option(help="The municipality's first day.")]
_TODAY = date(2026, 11, 24)

group = typer.Typer(
    no_args_is_help=True,
    help="Write or serve a sample municipality in its sources' own formats. All its people are invented.",
)


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="sample")


@group.command()
def opus(
    folder: Annotated[Path, typer.Argument(help="Folder to write the files to; created if it is missing.")],
    size: OfSize = Size.S,
    days: Annotated[
        int,
        typer.Option(min=0, help="Also write files for this many later working days."),
    ] = 0,
    seed: Seed = 42,
    today: Today = _TODAY,
) -> None:
    """Write KMD Opus files. Import them with `reconnect import opus --from FOLDER`.

    The same seed, size and day give the same files on every machine.
    """
    from sample import write_opus, write_opus_days
    from sample.municipality import SIZES

    folder.mkdir(parents=True, exist_ok=True)
    console = terminal()
    if days:
        for path in write_opus_days(folder, days, size.value, seed, today):
            console.print(str(path))
        return
    total = SIZES[size.value].employments
    with progress() as report:
        path = write_opus(
            folder,
            size.value,
            seed,
            today,
            lambda count: report("Writing employments", count, max(count, total)),
        )
    console.print(str(path))


@group.command()
def sd(
    port: Port = 0,
    size: OfSize = Size.S,
    days: Annotated[int, typer.Option(min=0, help="Let this many working days pass first.")] = 0,
    seed: Seed = 42,
    today: Today = _TODAY,
) -> None:
    """Simulate SD Løn's web services until Ctrl-C, and print the settings for importing from them.

    Requests are checked as SD checks them. Copy the settings to reconnect.toml, then run `reconnect import sd`.
    """
    from sample import demo_settings, sd_state
    from sample.sd_service.app import Service, serve

    state = sd_state(size.value, seed, today, days)
    with serve(Service(state), port) as running:
        _serving("sd", demo_settings.sd(running.url, state))


@group.command()
def unilogin(
    folder: Annotated[Path, typer.Argument(help="Folder for the key that requests are signed with.")],
    port: Port = 0,
    size: OfSize = Size.S,
    seed: Seed = 42,
    today: Today = _TODAY,
) -> None:
    """Simulate STIL's wsiEKSPORT until Ctrl-C, and print the settings for importing from it.

    Signatures and requests are checked. The schools' units must have institution numbers, as they do in the demo.
    """
    from sample import demo_settings, schools
    from sample.municipality import Municipality
    from sample.unilogin_service.app import Service, serve
    from sample.unilogin_service.keys import identity

    folder.mkdir(parents=True, exist_ok=True)
    password, made = secrets.token_urlsafe(), identity(schools.PROVIDER)
    state = schools.state_of(Municipality(size.value, seed, today))
    state.certificates[schools.PROVIDER] = made.certificate
    with serve(Service(state), port) as running:
        settings = demo_settings.unilogin(running.url, made.write(folder / "stil.p12", password).resolve(), password)
        _serving("unilogin", settings)


@group.command()
def cpr(
    folder: Annotated[Path, typer.Argument(help="Folder for the certificates of both sides.")],
    port: Port = 0,
    size: OfSize = Size.S,
    seed: Seed = 42,
    today: Today = _TODAY,
) -> None:
    """Simulate the CPR register's lookups (SF1520) until Ctrl-C, and print the settings for importing from them.

    Certificates, contexts and requests are checked as far as the rules are known. It has the people of the payroll.
    """
    from sample import demo_settings
    from sample.certificates import Authority
    from sample.cpr_register import REGISTERED, register_of
    from sample.cpr_service.app import Service, serve
    from sample.municipality import Municipality

    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder.resolve())
    client = authority.issue("client")
    service = Service(register_of(Municipality(size.value, seed, today)), {client.fingerprint: REGISTERED})
    with serve(service, authority.issue("server"), authority, port) as running:
        _serving("cpr", demo_settings.cpr(running.lookup_url, client, authority.certificate))


@group.command("fk-adm")
def fk_adm(
    folder: Annotated[Path, typer.Argument(help="Folder to write certificates to; created if it is missing.")],
    port: Port = 0,
) -> None:
    """Simulate FK-adm's interface for roles until Ctrl-C, and print the settings for importing from it.

    Client certificates are checked, and a write that breaks a vendor's rule is refused.
    """
    from sample import demo_settings
    from sample.certificates import Authority
    from sample.cpr_register import REGISTERED
    from sample.fk_adm_service.app import Service, serve
    from sample.fk_adm_service.content import fill

    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder.resolve())
    client = authority.issue("client")
    service = Service({client.fingerprint: REGISTERED.cvr})
    fill(service, REGISTERED.cvr)
    with serve(service, authority.issue("server"), authority, port) as running:
        _serving("fk_adm", demo_settings.fk_adm(running.url, client, authority.certificate))


@group.command()
def kle(
    port: Port = 0,
    earlier: Annotated[bool, typer.Option("--earlier", help="Serve the release before the newest one.")] = False,
    today: Today = _TODAY,
) -> None:
    """Simulate KLE Online until Ctrl-C, and print the settings for importing from it.

    Import the earlier release first, then the newest, which ends, moves and renames numbers that the sample uses.
    """
    from sample import classification, demo_settings
    from sample.facts import KLE
    from sample.kle_service.app import Service, serve

    before, newest = classification.latest(KLE, today)
    with serve(Service(before if earlier else newest), port) as running:
        _serving("kle", demo_settings.kle(running.url))


@group.command()
def positions(
    folder: Annotated[Path, typer.Argument(help="Folder to write the files to; created if it is missing.")],
    size: OfSize = Size.S,
    seed: Seed = 42,
    today: Today = _TODAY,
) -> None:
    """Write HR's position list. Import it with `reconnect import positions --from FOLDER`."""
    from sample import position_list
    from sample.municipality import Municipality

    position_list.write(folder, Municipality(size.value, seed, today))
    for path in sorted(folder.glob("position*.csv")):
        print(path)


def _serving(source: str, settings: Mapping[str, Any]) -> None:
    """Print the source's settings, and wait for Ctrl-C."""
    import tomli_w

    print(tomli_w.dumps({"sources": {source: settings}}), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
