"""What the driver would give up, though it is worth another try."""

import neo4j
import pytest
from neo4j.exceptions import ClientError, DatabaseUnavailable, ResultFailedError


class Failing:
    """A transaction whose first try fails since another statement of it did."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        self.tries = 0

    def __call__(self, tx: neo4j.ManagedTransaction) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ResultFailedError(None, "failed with another") from self.cause


def test_a_result_that_failed_with_another_is_tried_again_as_that_one(driver: neo4j.Driver) -> None:
    passing, lasting = Failing(DatabaseUnavailable("passes")), Failing(ClientError("lasts"))
    with driver.session() as session:
        session.execute_write(passing)
        with pytest.raises(ResultFailedError):
            session.execute_write(lasting)
    assert (passing.tries, lasting.tries) == (2, 1)
