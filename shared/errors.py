"""The one error a domain raises; `shared.chassis.problems` turns it into an RFC 9457 problem."""

from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What sort of refusal it is. The HTTP status follows from it, nowhere else."""

    INVALID = "invalid"  # 422
    NOT_FOUND = "not_found"  # 404
    CONFLICT = "conflict"  # 409
    FORBIDDEN = "forbidden"  # 403


RESERVED = {"type", "title", "status", "code", "detail", "instance", "errors", "headers"}


class DomainError(Exception):
    """A refusal with a stable code (snake_case), a sentence for people, and the field it points at.

    `pointer` is a JSON pointer into the request body (`/lines/0/quantity`). `facts` are further members of
    the problem; they must not hold personal data. `unknown_customer` is whom a `customer_not_found` is about.
    """

    unknown_customer: UUID | None = None

    def __init__(
        self, code: str, kind: Kind = Kind.INVALID, detail: str = "", *, pointer: str | None = None, **facts: Any
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.kind = kind
        self.detail = detail
        self.pointer = pointer
        if taken := RESERVED & facts.keys():
            raise TypeError(f"a problem has members of its own called {', '.join(sorted(taken))}")
        self.facts = facts


def invalid(code: str, detail: str = "", *, pointer: str | None = None, **facts: Any) -> DomainError:
    """What was sent is not right in itself: 422."""
    return DomainError(code, Kind.INVALID, detail, pointer=pointer, **facts)


def not_found(code: str, detail: str = "", **facts: Any) -> DomainError:
    """What was asked for is not there, or not the asker's to see: 404."""
    return DomainError(code, Kind.NOT_FOUND, detail, **facts)


def conflict(code: str, detail: str = "", **facts: Any) -> DomainError:
    """What was asked does not fit what is: 409."""
    return DomainError(code, Kind.CONFLICT, detail, **facts)


def forbidden(code: str, detail: str = "", **facts: Any) -> DomainError:
    """The asker may not do this: 403."""
    return DomainError(code, Kind.FORBIDDEN, detail, **facts)


def customer_not_found(customer_id: UUID | None, *, pointer: str | None = None) -> DomainError:
    """The one answer for a customer that does not exist and for one that is not the actor's to see: 404.

    Whom it is about goes with it, and not into the answer: a service pulls the customer's streams from their owners
    before it refuses (`shared.messaging.inbox.pull_on_demand`). None where no event could make the customer known.
    """
    refusal = not_found("customer_not_found", "There is no such customer.", pointer=pointer)
    refusal.unknown_customer = customer_id
    return refusal
