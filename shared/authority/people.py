"""Whether two subjects are two people, and the opaque id that a person has in events. Pure."""

import unicodedata
from uuid import UUID, uuid5

from shared.errors import forbidden

PEOPLE = UUID("6f9e4e53-6a0a-5a35-9d53-1d0c7f3e9a11")  # the name space of ids that stand for subjects


def is_same_person(subject: str, other: str) -> bool:
    """Whether two subjects name one person: spelled alike but for case, width and spaces around.

    Roles and tokens do not matter: a person is the subject of the sign-in, whatever it signed in as.
    """
    return _spelled_alike(subject) == _spelled_alike(other)


def check_another_person(requested_by: str, by: str) -> None:
    """Four eyes: 403 `own_approval` when whoever asked is the one who approves."""
    if is_same_person(requested_by, by):
        raise forbidden("own_approval", "Another person than the one who asked for it has to approve this.")


def person_id(subject: str) -> UUID:
    """The id that stands for a person in events, the same in every service: who it is can not be read off it."""
    return uuid5(PEOPLE, _spelled_alike(subject))


def _spelled_alike(subject: str) -> str:
    return unicodedata.normalize("NFKC", subject).strip().casefold()
