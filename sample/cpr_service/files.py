"""Files of changes (CPR extract P12170, cpr.md §5), made from the same register, and an SFTP server."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import asyncssh

from sample.cpr_service.register import CprPerson

USER = "kommune"


def name_of(day: date) -> str:
    return f"D{day:%y%m%d}.L123456"


def extract(persons: Iterable[CprPerson], produced: date, previous: date | None, *more: str) -> bytes:
    """A file of a day. ``more``: further lines (910, 997), after the persons'."""
    before = "" if previous is None else f"{previous:%Y%m%d}"
    lines = [line for each in persons for line in _lines(each)] + list(more)
    start = _record("000", 35, (14, "123456"), (20, f"{produced:%Y%m%d}"), (28, before))
    end = _record("999", 21, (14, f"{len(lines):08}"))
    return "".join(f"{line}\r\n" for line in (start, *lines, end)).encode("iso-8859-1")


def rejected(number: str, code: str, text: str) -> str:
    """Record 910. It repeats the input, which contains the number."""
    return _record("910", 157, (4, number), (14, f"OP{number}"), (89, code), (93, text))


def ended(number: str, code: str) -> str:
    """Record 997."""
    return _record("997", 43, (4, number), (14, "202611240600"), (26, code))


def _lines(person: CprPerson) -> Iterator[str]:
    number, status = person.number, int(person.status or 1)
    whole = person.name.whole[:34]
    yield _record(
        "001", 106, (4, number), (14, person.current), (24, f"{status:02}"), (26, _moment(person.status_since)),
        (39, person.gender), (40, "1957-03-12"), (73, "Gøgler"),
    )  # fmt: skip
    home = person.address if status < 30 else None
    place = () if home is None else (
        (48, home.care_of), (116, home.street), (184, home.postal_code), (188, home.city), (208, "0999"),
    )  # fmt: skip
    yield _record("003", 249, (4, number), (14, whole), *place)
    if (told := person.protection) is not None:
        yield _record("004", 37, (4, number), (14, "0001"), (18, _day(told.start)), (28, _day(told.end)))
    yield _record("004", 37, (4, number), (14, "0003"), (18, "2012-05-01"))
    if person.abroad:
        yield _record("005", 200, (4, number), (14, "5104"), (18, _moment(person.status_since)))
    name = person.name
    yield _record(
        "008", 193, (4, number), (14, name.given), (64, name.marks[0]), (65, name.middle), (105, name.marks[1]),
        (106, name.surname), (146, name.marks[2]), (147, _moment(name.since)), (160, whole),
    )  # fmt: skip
    for former, start, end in person.formers:
        yield _record("022", 45, (4, number), (14, former), (24, _day(start)), (35, _day(end)))
    yield _record("014", 60, (4, number), (14, "0202650026"))  # a child, which must not be read
    yield _record("099", 45, (4, number), (14, "202611240600"), (26, "A01"))


def _record(type_: str, length: int, *fields: tuple[int, str]) -> str:
    text = [*type_.ljust(length)]
    for start, value in fields:
        text[start - 1 : start - 1 + len(value)] = value
    return "".join(text)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _moment(day: date | None) -> str:
    return "000000000000" if day is None else f"{day:%Y%m%d}1012"


# -- the server -------------------------------------------------------------------------------------------------------


@dataclass
class Box:
    """The directory, served to one user with a key. ``produced``: day of the last file put there."""

    port: int
    folder: Path
    host_key: str
    private_key: Path
    produced: date | None = field(default=None)

    def put(self, persons: Iterable[CprPerson], day: date, *more: str) -> Path:
        """Put the file of a day, with its metadata; it names the previous file."""
        path = self.write(name_of(day), extract(persons, day, self.produced, *more))
        self.produced = day
        return path

    def write(self, name: str, content: bytes, *, metadata: bool = True) -> Path:
        """Any file."""
        path = self.folder / name
        path.write_bytes(content)
        if metadata:
            path.with_name(f"{name}.metadata").write_text("<metadata/>")
        return path

    @property
    def names(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir())


@contextmanager
def sftp(folder: Path, keys: Path) -> Iterator[Box]:
    """Serve the folder by SFTP on loopback, in a thread; the user's key is written into ``keys``."""
    host, user = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    key = keys / "cpr_sftp"
    user.write_private_key(key)
    key.chmod(0o600)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="cpr-sftp-stand-in", daemon=True)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=asyncssh.import_authorized_keys(user.export_public_key().decode()),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
            password_auth=False,
            kbdint_auth=False,
        )

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield Box(server.get_port(), folder, host.export_public_key().decode().strip(), key)
    finally:

        async def stop() -> None:
            server.close()
            await server.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
