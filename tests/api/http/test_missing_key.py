"""A CPR number whose key the service lacks: an error that says what to do, not a broken answer."""

import os

from graph.cpr.keyring import KEY, Keyring
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving


def test_a_number_without_its_key_is_an_error_that_tells_what_to_do(
    small_service: Served, addresses: Addresses
) -> None:
    other = Keyring({"k9": os.urandom(KEY)}, "k9", os.urandom(KEY))
    with serving(addresses, small_service.driver, other) as service:
        answer = service.post("{ persons { nodes { cpr } } }", small_service.token())
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "key_missing"
        assert "Restart it with that key" in answer.json()["errors"][0]["message"]
        assert service.data("{ persons { nodes { name } } }")["persons"]["nodes"]
