"""The errors of play.

PlayRejected             next    a file that can't be played, with every place that is wrong
"""

from graph.retry import NEXT, Retry


class PlayRejected(Exception):
    """A file that can't be played. ``faults``: place and reason of each: "case t01, step 2, by: …"."""

    retry: Retry = NEXT

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("the file can't be played:\n" + "\n".join(f"  {each}" for each in faults))
        self.faults = faults
