"""Epochs: the lives of an owner's database, in the order of a counter that the owner keeps.

An epoch's id is a UUID (version 8) of two parts: its first 48 bits count the lives, 1, 2, 3 …, and the rest is the name
of this one, given at random. So ids sort by the counter, and no clock has a say: a restore on a machine whose clock is
ten years slow begins a later life all the same (K16). An owner that came back from a backup so old that it counts
numbers again that were given before is told so by its subscribers, and takes a higher number under the same name.
"""

from secrets import randbits
from uuid import UUID

NAME_BITS = 80  # with the version and the variant
NAME = (1 << NAME_BITS) - 1
MAX_NUMBER = (1 << 47) - 1


def new_epoch(number: int) -> UUID:
    """A life of this number under a new name."""
    name = randbits(NAME_BITS) & ~(0xF << 76) & ~(0b11 << 62) | (0x8 << 76) | (0b10 << 62)  # RFC 9562, version 8
    return UUID(int=number << NAME_BITS | name)


def number_of(epoch: UUID) -> int:
    """The how manieth life of its owner this is, as far as the owner knows."""
    return epoch.int >> NAME_BITS


def with_number(epoch: UUID, number: int) -> UUID:
    """The same life under another number."""
    return UUID(int=number << NAME_BITS | epoch.int & NAME)


def is_same_life(epoch: UUID, other: UUID) -> bool:
    """Whether two ids name one life; their numbers may differ."""
    return epoch.int & NAME == other.int & NAME


def is_earlier(epoch: UUID, than: UUID) -> bool:
    """Whether `epoch` is of a life that was over when the other began. False of one life, and of equal numbers."""
    return number_of(epoch) < number_of(than) and not is_same_life(epoch, than)
