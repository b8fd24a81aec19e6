"""What the log says of an error."""

from neo4j.exceptions import ClientError

from exporters.errors import DeliveryError
from reconnect.logs.tracebacks import told


def test_of_a_librarys_error_a_line_has_no_text() -> None:
    """It contains the values on which it failed."""
    theirs = ClientError("Node(7) already exists with label `Person` and property `cpr` = '1101575001'")
    assert told(theirs) == "neo4j.exceptions.ClientError (Neo.DatabaseError.General.UnknownError)"
    assert told(OSError(13, "denied", "/home/Alma")) == "PermissionError (errno 13)"
    assert told(DeliveryError("bruger.csv broke off")) == "DeliveryError: bruger.csv broke off"
