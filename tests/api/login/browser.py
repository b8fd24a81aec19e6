"""A browser for tests: keeps cookies, follows redirects and sends the forms that pages show. It runs no script."""

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import httpx


@dataclass
class Page:
    """What is shown. ``url``: where it is."""

    url: str
    status: int
    text: str
    headers: httpx.Headers

    def form(self, action: str | None = None) -> "Form":
        for found in re.finditer(r'<form [^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.text, re.S):
            if action is None or unescape(found[1]) == action:
                fields = {
                    unescape(name): unescape(value)
                    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)" ?/?>', found[2])
                }
                return Form(urljoin(self.url, unescape(found[1])), fields)
        raise AssertionError(f"no form in {self.text}")


@dataclass
class Form:
    action: str
    fields: dict[str, str]


@dataclass
class Browser:
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=180, trust_env=False))

    def get(self, url: str) -> Page:
        return self._shown(self.client.get(url))

    def submit(self, form: Form, **typed: str) -> Page:
        return self._shown(self.client.post(form.action, data={**form.fields, **typed}))

    def cookie(self, name: str) -> str | None:
        return self.client.cookies.get(name)

    def _shown(self, answer: httpx.Response) -> Page:
        for _ in range(5):
            if not answer.is_redirect:
                break
            answer = self.client.get(urljoin(str(answer.url), answer.headers["location"]))
        return Page(str(answer.url), answer.status_code, answer.text, answer.headers)
