"""A server process that outlives the command that started it, found again by later commands."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from reconnect.embedded.home import write_whole

# Process start times are compared across readings; the kernel's clock ticks are hundredths of a second.
_SAME_START = 0.5


class Detached:
    """One server of one instance.

    ``file`` remembers process id and start time: an id alone may belong to another process after a reboot or a
    long time. ``marks`` are arguments that together only this server's command line has; by them a server is
    found whose starter was killed before it could write the file.
    """

    def __init__(self, file: Path, *marks: str) -> None:
        self._file = file
        self._marks = set(marks)

    def find(self) -> psutil.Process | None:
        """The running process, or None."""
        return self._remembered() or self._searched()

    def start(self, command: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start ``command`` in a session of its own, so that a closed terminal or Ctrl-C does not reach it.

        The log of the start before is kept beside ``log``.
        """
        if log.exists():
            log.replace(log.with_name(f"{log.name}.previous"))
        with log.open("ab") as out:
            started = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._remember(psutil.Process(started.pid))
        return started

    def stop(self, patience: float) -> bool:
        """End the process: politely, and after ``patience`` seconds by force. False when none was running."""
        process = self.find()
        if process is None:
            self._file.unlink(missing_ok=True)
            return False
        try:
            process.terminate()
            process.wait(patience)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience)
        except psutil.NoSuchProcess:
            pass  # it ended by itself between the look and the signal: what was wanted
        self._file.unlink(missing_ok=True)
        return True

    def _remember(self, process: psutil.Process) -> None:
        write_whole(self._file, json.dumps({"pid": process.pid, "started": process.create_time()}))

    def _remembered(self) -> psutil.Process | None:
        if not self._file.exists():
            return None
        try:
            noted = json.loads(self._file.read_text())
            process = psutil.Process(int(noted["pid"]))
            same = abs(process.create_time() - float(noted["started"])) < _SAME_START
        except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError, KeyError, TypeError):
            return None  # a stale or damaged file is ignored; the search by mark decides
        return process if same and _alive(process) else None

    def _searched(self) -> psutil.Process | None:
        for process in psutil.process_iter():
            try:
                found = process.uids().real == os.getuid() and self._marks <= set(process.cmdline()) and _alive(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue  # ended meanwhile, or owned by another user
            if found:
                self._remember(process)
                return process
        return None


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
