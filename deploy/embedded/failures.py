"""The launcher's errors. Their text is for the person at the terminal: what is wrong, and what to do next."""


class StartFailed(RuntimeError):
    """Something could not be started; the message says what to do."""


class ClientFailed(RuntimeError):
    """One of PostgreSQL's client programs failed; the message is its own."""
