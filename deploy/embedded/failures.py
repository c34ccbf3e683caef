"""The one error of the launcher. Its text is for the person at the terminal: what is wrong, and what to do next."""


class StartFailed(RuntimeError):
    """Something could not be started; the message says what to do."""
