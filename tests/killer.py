"""A process that kills itself at a named place, with SIGKILL, so that nothing is cleaned up."""

import os
import signal


class Killer:
    """Dies the `nth` time that the process comes by `place`."""

    def __init__(self, place: str, nth: int) -> None:
        self.place = place
        self.left = nth

    def at(self, place: str) -> None:
        """The process is at a place."""
        if place == self.place:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
