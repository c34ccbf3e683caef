"""How much goes into one step: as much as fits into a short transaction, by how long the last ones took."""

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSizer:
    """Grows and shrinks a batch towards what takes `seconds`: half way at a time, never more than doubling at once.

    Whoever waits for a row that a step has locked should not feel it; 10 ms is what reviews allow themselves.
    """

    size: int
    seconds: float = 0.010
    least: int = 5
    most: int = 20_000

    def took(self, seconds: float, items: int) -> None:
        """A step of so many items took so long. (A step of very few says little, and is passed over.)"""
        if items >= self.least:
            fits = items * self.seconds / max(seconds, 1e-6)
            self.size = max(self.least, min(self.most, 2 * self.size, int((self.size + fits) / 2)))
