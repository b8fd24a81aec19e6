"""What can go wrong with a target as a whole. Each error's text says what to do next.

What is wrong with one object is no error here: it parks that object, and stands in the run's report.
"""

from graph.retry import NEVER, NEXT, SOON, Retry


class ExportError(Exception):
    """Root of the errors of an export. ``retry``: whether and when another try is worth it."""

    retry: Retry = SOON


class ImageError(ExportError):
    """The image could not be read, or is not what the shape needs. Nothing was sent."""

    retry = NEXT


class DeliveryError(ExportError):
    """The target did not take a file. ``passing``: it may take it when asked again in a while; else it has refused
    whoever asks."""

    def __init__(self, text: str, *, passing: bool = True, retry: Retry | None = None) -> None:
        super().__init__(text)
        self.passing = passing
        self.retry = retry or (SOON if passing else NEVER)


class HostKeyError(DeliveryError):
    """The server is not the one that was pinned. Nothing was sent to it, no user name either."""

    def __init__(self, text: str) -> None:
        super().__init__(text, passing=False)


class Overtaken(ExportError):
    """Another run of the same target has begun since; this one stops, and what it had not noted is sent again."""

    retry = SOON
