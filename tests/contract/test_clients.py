"""What generators of clients leave out is told from what they say (the clients themselves: `make check-clients`)."""

from tools.clients.generated import NOT_GENERATED, operation_of


def test_the_operation_of_a_warning_is_named() -> None:
    line = "WARNING parsing POST /v1/orders:batch within orders. Endpoint will not be generated."
    assert operation_of(line) in NOT_GENERATED
    line = "WARNING parsing GET /v1/customers/{customer_id}/tier within tiers. Endpoint will not be generated."
    assert operation_of(line) == "GET /v1/customers/{customer_id}/tier"
