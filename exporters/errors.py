"""What can go wrong with a target as a whole. Each error's text states what to do next, and ``retry`` when to try
again.

ExportError
├── NotSetUp         next           the settings don't make a target
├── ImageError       next           the image can't be read, or is not what the shape needs
├── DeliveryError    soon, by default; never: the target refuses the login; or what the error says
│   ├── HostKeyError never          the server is not the pinned one
│   └── LoginRefused never, or next the target refuses our login, for whatever is asked
├── Overtaken        soon           a later run of the same target has begun
├── NoSuchTarget     next           no target of this name has accounts (``exporters.objects.deciding``)
├── TargetBusy       soon           an export runs, so nobody decides about its objects (``exporters.objects.deciding``)
└── ObjectError      ``exporters.objects.errors``: one object, at a target that takes objects one by one

A file's bad row is not an error: the object is parked, and the run's report has the reason.
"""

from graph.retry import NEVER, NEXT, SOON, Retry


class ExportError(Exception):
    """Root of the errors of an export. ``retry``: whether and when another try is worth it."""

    retry: Retry = SOON


class NotSetUp(ExportError):
    """With these settings the target can't be made. The text states what to do."""

    retry = NEXT


class ImageError(ExportError):
    """The image could not be read, or is not what the shape needs. Nothing was sent."""

    retry = NEXT


class DeliveryError(ExportError):
    """The target did not accept a file, or can't be reached. ``retry``: ``soon``, unless the target refuses the login,
    or a setting or file has to be corrected first."""

    def __init__(self, text: str, *, retry: Retry | None = None) -> None:
        super().__init__(text)
        self.retry = retry or SOON


class HostKeyError(DeliveryError):
    """The server is not the pinned one. Nothing was sent to it, not even the user name."""

    def __init__(self, text: str) -> None:
        super().__init__(text, retry=NEVER)


class LoginRefused(DeliveryError):
    """The target refuses our login. Another try would be refused, too, and may lock it: until it has been corrected,
    nothing else is tried, not even to close the account of somebody who is stopped."""

    retry = NEVER

    def __init__(self, text: str, *, retry: Retry = NEVER) -> None:
        super().__init__(text, retry=retry)


class Overtaken(ExportError):
    """A later run of the same target has begun. This one stops; the later run sends what this one had not noted."""

    retry = SOON
