"""The life of a key account and of an exclusion (T8): nominated by one person, decided by another, ended with a reason.

Pure: every function takes things as they were and an instant, and returns them as they are, with the events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from services.tiering_svc.key_accounts.domain.rules import Examination
from shared.errors import conflict, forbidden, invalid, not_found
from shared.events import CustomerExcluded, CustomerExclusionEnded, Event, KeyAccountApproved, KeyAccountEnded

AccountClassCode = Literal["key", "excluded"]
KeyAccountKind = Literal["economic", "important", "group", "strategic"]
ClassEndCause = Literal["ended", "renewed", "excluded"]
SYSTEM = "patron"  # who did it, where no person did
INSTANT = timedelta(microseconds=1)
NOT_IN_CLASS: Mapping[AccountClassCode, tuple[str, str]] = {
    "key": ("not_a_key_account", "The customer is no key account."),
    "excluded": ("not_excluded", "The customer is not excluded."),
}


@dataclass(frozen=True, slots=True)
class Nomination:
    """A customer proposed for a class, with the evidence of then, and what was decided about it."""

    nomination_id: UUID
    customer_id: UUID
    class_code: AccountClassCode
    kinds: tuple[str, ...]  # none for an exclusion
    reason: str
    evidence: tuple[dict[str, Any], ...]  # what the nominator says
    figures: dict[str, Any]  # what the system found then
    nominated_by: str
    nominated_at: datetime
    status: Literal["open", "approved", "rejected", "cancelled"] = "open"
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None
    override_reason: str | None = None
    findings: tuple[dict[str, Any], ...] | None = None  # the disqualifying rules as they were met when it was approved


@dataclass(frozen=True, slots=True)
class AccountClass:
    """A time in which a customer is a key account, or excluded: from `since` until `until`, half open."""

    class_id: UUID  # the nomination's
    customer_id: UUID
    class_code: AccountClassCode
    kinds: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    ended_by: str | None = None
    end_cause: ClassEndCause | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision about a customer looks at, of all who are one with it (P12)."""

    current: AccountClass | None
    free_from: datetime | None  # when the last one ended
    open_classes: frozenset[str]  # of the nominations that wait
    others: tuple[AccountClass, ...] = ()  # present ones besides: two had one each before they were found to be one

    @property
    def present(self) -> tuple[AccountClass, ...]:
        """All that have not ended."""
        return () if self.current is None else (self.current, *self.others)


def check_nomination(situation: Situation, class_code: AccountClassCode, kinds: Sequence[str]) -> None:
    """Whether it makes sense to nominate at all; refused with 409 `nomination_open`, `customer_excluded`,
    `already_a_key_account`."""
    if class_code in situation.open_classes:
        raise conflict("nomination_open", "A nomination of this customer is waiting for a decision.")
    _refuse_excluded(situation)
    if class_code == "key" and any(set(kinds) == set(present.kinds) for present in situation.present):
        raise conflict("already_a_key_account", "The customer is a key account of just these kinds.")


def check_kinds(kinds: Sequence[str], values: Mapping[str, str | None]) -> None:
    """Whether the figures of a nomination allow its kinds. Refused at the kind with 422 `not_a_group` where nobody is
    below the customer, and `no_figures` where an economic one has bought nothing in the window of the rules."""
    for index, kind in enumerate(kinds):
        if kind == "group" and int(values["group_size"] or 1) < 2:
            raise invalid("not_a_group", "Nobody is below this customer in a group.", pointer=f"/kinds/{index}")
        if kind == "economic" and values["amount"] is None:
            raise invalid("no_figures", "It bought nothing in the window of the rules.", pointer=f"/kinds/{index}")


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved nomination: the class that begins with it, what ends by it, and what is announced."""

    nomination: Nomination
    opened: AccountClass
    ended: tuple[AccountClass, ...]
    events: list[Event]


def approve(
    nomination: Nomination, situation: Situation, findings: Sequence[Examination], by: str, at: datetime,
    *, note: str | None = None, override_reason: str | None = None,
) -> Approval:  # fmt: skip
    """Approved by another person than who nominated. A customer that meets a disqualifying rule becomes a key account
    only with an `override_reason`, which is kept: without one 409 `disqualified` with the rules that are met."""
    _check_decision(nomination, by)
    _refuse_excluded(situation)
    met = [finding for finding in findings if finding.met] if nomination.class_code == "key" else []
    if met and not override_reason:
        raise conflict(
            "disqualified",
            "The customer meets a disqualifying rule. Say why it shall be a key account all the same.",
            disqualifications=[finding.as_data() for finding in met],
        )
    since = _effective_from(situation, at)
    opened = AccountClass(
        nomination.nomination_id, nomination.customer_id, nomination.class_code, nomination.kinds, since
    )
    cause: ClassEndCause = "excluded" if nomination.class_code == "excluded" else "renewed"
    endings = [_ended(present, since, by, cause, None) for present in situation.present]
    decided = replace(
        nomination, status="approved", decided_by=by, decided_at=at, note=note,
        override_reason=override_reason if met else None,
        findings=tuple(finding.as_data() for finding in findings),
    )  # fmt: skip
    opening = _opening(opened, [finding.code for finding in met])
    return Approval(decided, opened, tuple(ended for ended, _ in endings), [*(event for _, event in endings), opening])


def reject(nomination: Nomination, by: str, at: datetime, note: str) -> Nomination:
    """Rejected by another person than who nominated; else 403 `own_nomination`, or 409 `nomination_decided`."""
    _check_decision(nomination, by)
    return replace(nomination, status="rejected", decided_by=by, decided_at=at, note=note)


def cancel(nomination: Nomination, by: str, at: datetime) -> Nomination:
    """Cancelled by who nominated, while it waits; else 403 `not_your_nomination`, or 409 `nomination_decided`."""
    _check_open(nomination)
    if by != nomination.nominated_by:
        raise forbidden("not_your_nomination", "A nomination is cancelled by who made it.")
    return replace(nomination, status="cancelled", decided_by=by, decided_at=at)


def end(
    situation: Situation, class_code: AccountClassCode, by: str, at: datetime, reason: str
) -> tuple[list[AccountClass], list[Event]]:
    """The customer is in this class no longer: 404 `not_a_key_account`, `not_excluded` where it is not."""
    in_class = [present for present in situation.present if present.class_code == class_code]
    if not in_class:
        raise not_found(*NOT_IN_CLASS[class_code])
    until = _effective_from(situation, at)
    endings = [_ended(present, until, by, "ended", reason) for present in in_class]
    return [ended for ended, _ in endings], [event for _, event in endings]


def _refuse_excluded(situation: Situation) -> None:
    if any(present.class_code == "excluded" for present in situation.present):
        raise conflict("customer_excluded", "The customer is excluded. End the exclusion first.")


def _check_open(nomination: Nomination) -> None:
    if nomination.status != "open":
        raise conflict("nomination_decided", f"The nomination was {nomination.status}.", status_now=nomination.status)


def _check_decision(nomination: Nomination, by: str) -> None:
    if by == nomination.nominated_by:
        raise forbidden("own_nomination", "A nomination is decided by somebody else than who made it.")
    _check_open(nomination)


def _effective_from(situation: Situation, at: datetime) -> datetime:
    """Now; but never before the present class has begun, or the last one has ended, whatever the clock says."""
    earliest = [present.since + INSTANT for present in situation.present]
    if situation.free_from is not None:
        earliest.append(situation.free_from)
    return max(at, *earliest) if earliest else at


def _ended(
    current: AccountClass, at: datetime, by: str, cause: ClassEndCause, reason: str | None
) -> tuple[AccountClass, Event]:
    ended = replace(current, until=at, ended_by=by, end_cause=cause, end_reason=reason)
    if current.class_code == "excluded":
        return ended, CustomerExclusionEnded(customer_id=current.customer_id, class_id=current.class_id, ended_at=at)
    return ended, KeyAccountEnded(customer_id=current.customer_id, class_id=current.class_id, cause=cause, ended_at=at)


def _opening(opened: AccountClass, overridden: Sequence[str]) -> Event:
    if opened.class_code == "excluded":
        return CustomerExcluded(customer_id=opened.customer_id, class_id=opened.class_id, since=opened.since)
    return KeyAccountApproved(
        customer_id=opened.customer_id, class_id=opened.class_id, kinds=cast(tuple[KeyAccountKind, ...], opened.kinds),
        overridden=tuple(overridden), since=opened.since,
    )  # fmt: skip
