"""The circuit breaker: three failures open it, one attempt after the pause decides."""

from services.gateway.forwarding.domain.circuit_breaker import FAILURES_TO_OPEN, OPEN_SECONDS, CircuitBreaker


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.allows(at)
        breaker.record_failure(at)
    return breaker


def test_three_failures_in_a_row_open_it_and_a_success_between_does_not() -> None:
    breaker = CircuitBreaker()
    for _ in range(10):
        for _ in range(FAILURES_TO_OPEN - 1):
            breaker.record_failure(0.0)
        assert breaker.allows(0.0)
        breaker.record_success()
    assert not opened().allows(OPEN_SECONDS - 0.01)


def test_after_the_pause_one_attempt_goes_through_and_decides() -> None:
    breaker = opened()
    assert breaker.allows(OPEN_SECONDS)
    assert not breaker.allows(OPEN_SECONDS)  # the attempt is on its way
    breaker.record_failure(OPEN_SECONDS)
    assert not breaker.allows(2 * OPEN_SECONDS - 0.01)  # one failure is enough now
    assert breaker.allows(2 * OPEN_SECONDS)
    breaker.record_success()
    assert breaker.allows(2 * OPEN_SECONDS)
    assert breaker.allows(2 * OPEN_SECONDS)


def test_an_attempt_that_was_given_up_does_not_block_the_next() -> None:
    breaker = opened()
    assert breaker.allows(OPEN_SECONDS)
    breaker.abandon()
    assert breaker.allows(OPEN_SECONDS)
