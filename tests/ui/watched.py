"""What a page must not do: fail in its script, break its policy, or load from anybody else."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request


@dataclass
class Watched:
    """Notes it. ``expects``: parts of messages that a test brings about itself."""

    page: Page
    expects: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.noted.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(each in message.text for each in self.expects):
            self.noted.append(message.text)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https"):
            self.hosts.add(parts.netloc)

    def require_nothing(self) -> None:
        assert self.noted == []
        assert len(self.hosts) <= 1, f"a page loaded from others: {self.hosts}"
