"""``sample``: the sample municipality, written in the payroll systems' own formats."""

import contextlib
import secrets
import threading
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import tomli_w
import typer

from reconnect.progress import progress
from reconnect.terminal import terminal
from sample import demo_settings, schools, sd_state, write_opus, write_opus_days
from sample.municipality import SIZES, Municipality
from sample.sd_service.app import Service, serve
from sample.unilogin_service import app as unilogin_app
from sample.unilogin_service.keys import identity


class Size(StrEnum):
    """How large the municipality is, in employments."""

    XS = "XS"
    S = "S"
    L = "L"
    XL = "XL"


group = typer.Typer(
    no_args_is_help=True,
    help="The sample municipality Klitkøbing, in the formats that payroll systems deliver. Nobody in it can exist.",
)


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="sample")


@group.command()
def opus(
    folder: Annotated[Path, typer.Argument(help="Where to write the files; made if it is missing.")],
    size: Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")] = Size.S,
    days: Annotated[int, typer.Option(min=0, help="Files of this many later working days too.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed is another municipality.")] = 42,
    today: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of the first file.")] = datetime(
        2026, 11, 24
    ),
) -> None:
    """Write KMD Opus files. Import them with `reconnect import opus --from FOLDER`.

    The same seed, size and day give the same files everywhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    console = terminal()
    if days:
        for path in write_opus_days(folder, days, size.value, seed, today.date()):
            console.print(str(path))
        return
    total = SIZES[size.value].employments
    with progress() as report:
        path = write_opus(
            folder,
            size.value,
            seed,
            today.date(),
            lambda count: report("Writing employments", count, max(count, total)),
        )
    console.print(str(path))


@group.command()
def sd(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 0,
    size: Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")] = Size.S,
    days: Annotated[int, typer.Option(min=0, help="Let this many working days pass first.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed is another municipality.")] = 42,
    today: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = datetime(2026, 11, 24),
) -> None:
    """Serve the stand-in for SD Løn's web services until Ctrl-C, and print the settings to read it with.

    It checks requests as SD does. Put the settings into reconnect.toml, then `reconnect import sd`.
    """
    state = sd_state(size.value, seed, today.date(), days)
    with serve(Service(state), port) as running:
        named = ", ".join(f'"{name}"' for name in state.institutions)
        print("[sources.sd]")
        print(f'xml_url = "{running.url}/sdws"')
        print(f'json_url = "{running.url}/api-gateway/organization/public/api/v1"')
        print(f'user = "{state.user}"')
        print(f'password = "{state.password}"')
        print(f"institutions = [{named}]")
        print("opening_hours = false", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


@group.command()
def unilogin(
    folder: Annotated[Path, typer.Argument(help="Where to write the key that requests are signed with.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 0,
    size: Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")] = Size.S,
    seed: Annotated[int, typer.Option(help="Another seed is another municipality.")] = 42,
    today: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Its day.")] = datetime(2026, 11, 24),
) -> None:
    """Serve the stand-in for STIL's wsiEKSPORT until Ctrl-C, and print the settings to read it with.

    It checks signatures and requests. The schools' units must have their institution numbers: the demo's do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    password, made = secrets.token_urlsafe(), identity(schools.PROVIDER)
    state = schools.state_of(Municipality(size.value, seed, today.date()))
    state.certificates[schools.PROVIDER] = made.certificate
    with unilogin_app.serve(unilogin_app.Service(state), port) as running:
        settings = demo_settings.unilogin(running.url, made.write(folder / "stil.p12", password).resolve(), password)
        print(tomli_w.dumps({"sources": {"unilogin": settings}}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
