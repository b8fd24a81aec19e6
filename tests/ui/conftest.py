"""The pages in a real Chromium, against the running service with the sample municipality.

One graph serves all modules that come after each other; it is made again once another test has emptied it. The service
ends with each module: other tests count what a process does. With ``RECONNECT_TEST_HOME`` the graph also serves the
next run, on the same day.
"""

import asyncio
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import neo4j
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from api.http import connections
from api.http.app import create_app
from api.http.pages import Pages
from graph.cpr.keyring import Keyring
from graph.time import today
from reconnect.context import Context
from reconnect.demo import logins
from reconnect.demo import run as steps
from reconnect.demo.logins import Entrance
from reconnect.demo.run import Demo
from reconnect.embedded import Addresses
from reconnect.embedded.ports import LOOPBACK
from reconnect.web_service import service_of
from tests.emptied import empty
from tests.ui.watched import Watched
from tools.pages import build

_SHELL = "chromium-headless-shell"
"""The same browser without the windows that nobody sees here; they take half of its time."""
_PROGRAMS = (os.environ.get("CHROMIUM", _SHELL), _SHELL, "chromium", "chromium-browser", "google-chrome")
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync")  # fmt: skip
_PATIENCE = 120_000
"""Milliseconds that a test waits for what a page shows: machines that run tests are busy."""
_MARK = "MERGE (:SampleOfPages {home: $home, day: $day})"
_IS_MARKED = "RETURN EXISTS { (:SampleOfPages {home: $home, day: $day}) } AS known"


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


@dataclass
class Town:
    """The service with the sample. ``people``: who can log in, by what the demo calls them."""

    home: Path
    url: str
    driver: neo4j.Driver
    people: dict[str, Entrance]
    keyring: Keyring
    states: dict[str, object] = field(default_factory=dict)
    """Who → the cookies of who has logged in."""


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The folder of the service."""
    if own := os.environ.get("RECONNECT_TEST_HOME"):
        kept = Path(own) / "pages"
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield kept
        return
    made = Path(tempfile.mkdtemp(prefix="rc-pages-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def town(
    home: Path, addresses: Addresses, driver: neo4j.Driver, monkeypatch_module: pytest.MonkeyPatch
) -> Iterator[Town]:
    build()
    for name, value in {
        "RECONNECT_HOME": str(home),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
    }.items():
        monkeypatch_module.setenv(name, value)
    demo = Demo(home)
    steps.prepare(demo)
    with closing(Context(demo.settings_file)) as context:
        if not is_there(driver, home):
            empty(driver)
            steps.make_payroll(demo, "XS", 42, today(), context.keyring, quiet)
            assert [each.brake for each in steps.import_all(context, demo, quiet)] == [None, None, None]
            driver.execute_query(_MARK, home=str(home), day=today())
        people = {each.shown.who: each for each in logins.entrances(context, demo, quiet)}
        with served(context) as url:
            yield Town(home, url, driver, people, context.keyring)


def is_there(driver: neo4j.Driver, home: Path) -> bool:
    """Whether the graph has the sample of today, made by this home."""
    rows, _, _ = driver.execute_query(_IS_MARKED, home=str(home), day=today())
    return bool(rows[0]["known"])


@contextmanager
def served(context: Context) -> Iterator[str]:
    """The address of the service, while the block runs."""
    taken = socket.create_server((LOOPBACK, 0))
    port = taken.getsockname()[1]
    began = threading.Event()

    async def serve() -> None:
        service = service_of(context, LOOPBACK, port, graphiql=None, pages=Pages(), warm_up=False)
        server = uvicorn.Server(connections.config(create_app(service), LOOPBACK, port))
        ending.append(server)
        began.set()
        await server.serve(sockets=[taken])

    ending: list[uvicorn.Server] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert began.wait(60), "the service did not start"
    yield f"http://{LOOPBACK}:{port}"
    ending[0].should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For a module only: as long as it is open, its event loop counts as running, and no other test can start one."""
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    found = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    assert found, "The tests of the pages drive a Chromium: tools/install_chromium.sh installs it, or says what to do."
    opened = playwright.chromium.launch(executable_path=found, args=[*_OPTIONS], timeout=120_000)
    yield opened
    opened.close()


@pytest.fixture
def visit(chromium: Browser, town: Town) -> Iterator["Visits"]:
    """Opens pages as one of the people; what goes wrong in a page that nobody expected fails the test."""
    made = Visits(chromium, town)
    yield made
    made.close()


@dataclass
class Visits:
    chromium: Browser
    town: Town
    opened: list[tuple[BrowserContext, Watched]] = field(default_factory=list)

    def __call__(
        self, who: str, path: str = "/", *, width: int = 1280, dark: bool = False, language: str = "da"
    ) -> Page:
        """A page on which this person is logged in."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="da-DK",
            timezone_id="Europe/Copenhagen",
            storage_state=self.town.states.get(who),  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.add_init_script(f"if (location.host) localStorage.setItem('language', '{language}')")
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        self.opened.append((context, Watched(page)))
        page.goto(self.town.url + path)
        if who not in self.town.states:
            self._log_in(page, who)
            self.town.states[who] = context.storage_state()
        return page

    def expect(self, page: Page, part: str) -> None:
        """A message of the browser with this part is brought about by the test."""
        for _, watched in self.opened:
            if watched.page is page:
                watched.expects.append(part)
                watched.noted[:] = [each for each in watched.noted if part not in each]

    def _log_in(self, page: Page, who: str) -> None:
        person = self.town.people[who]
        page.get_by_label("Brugernavn").fill(person.login)
        page.get_by_label("Adgangskode").fill(person.password)
        page.get_by_role("button", name="Log ind", exact=True).click()
        page.wait_for_url(lambda address: "/login" not in address)

    def close(self) -> None:
        for context, watched in self.opened:
            context.close()
            watched.require_nothing()
