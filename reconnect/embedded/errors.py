"""What can go wrong with an embedded server; each says what to do next."""


class EmbeddedError(Exception):
    """An embedded server could not be fetched, started or stopped. The text is for the person at the terminal."""


class DownloadFailed(EmbeddedError):
    """A file of Neo4j or GraphiQL could not be fetched, or was not the file that the list of checksums names."""


class DiskFull(EmbeddedError):
    """There is no room for the files, the data or the logs of an embedded server."""


class PortTaken(EmbeddedError):
    """A port that the instance was told to use belongs to another process."""


class Damaged(EmbeddedError):
    """A file of the home is not what the program wrote, or is gone although what belongs to it is there."""


class DidNotStart(EmbeddedError):
    """A server ended, or did not answer in time, after it was started."""
