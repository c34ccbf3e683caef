"""The life of a version of a rule set, as pure decisions: (versions, request) -> (versions that changed, steps taken).

A version is written as a draft, approved by a person who is not its author, put in force, and ends when another takes
its place or when it is retired. What a version says is never changed; a change is a new version. Nothing changes what
is in force by one person alone: what has no author any more to be another than (a retirement, bringing an old version
back) is asked for by one person and done by another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.authority import check_another_person, is_same_person
from shared.errors import conflict, forbidden, invalid, not_found

SYSTEM = "system"  # the author of what is shipped, which nobody had to approve
SINCE_EVER = datetime(1800, 1, 1, tzinfo=UTC)  # when shipped rules begin: the earliest instant that an API here takes

REQUEST_LASTS = timedelta(days=7)  # how long what one person asked for waits for another

Status = Literal["draft", "approved", "active", "retired", "rejected"]
Action = Literal["approval", "rejection", "activation", "retirement"]

# From which states an action may be taken, and which state it leads to. `activation` of a draft approves it as well.
PATH: Mapping[tuple[Status, Action], Status] = {
    ("draft", "approval"): "approved",
    ("draft", "rejection"): "rejected",
    ("draft", "activation"): "active",
    ("approved", "rejection"): "rejected",
    ("approved", "activation"): "active",
    ("active", "retirement"): "retired",
    ("retired", "activation"): "active",
}
# What one person asks for and another does: the line of history that the first one's request is, by what it asks for.
REQUESTED: Mapping[Action, str] = {"retirement": "retirement_requested", "activation": "activation_requested"}
EMERGENCY = "emergency"  # the line of history beside an activation that did not wait for its notice
RESERVED = frozenset({*REQUESTED.values(), EMERGENCY})
REFUSALS: Mapping[tuple[Status, Action], tuple[str, str]] = {
    ("approved", "approval"): ("already_approved", "This version has been approved."),
    ("active", "approval"): ("already_approved", "This version has been approved."),
    ("retired", "approval"): ("already_approved", "This version has been approved."),
    ("rejected", "rejection"): ("already_rejected", "This version has been rejected."),
    ("active", "activation"): ("already_active", "This version is in force, or its beginning is set."),
}


@dataclass(frozen=True, slots=True)
class StepRequest:
    """Who asks for a step, and when."""

    at: datetime
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSetVersion:
    """One version of a document. It is in force from `effective_from` until just before `effective_to`.

    `status` is what has been decided: `active` from its activation on, also while its beginning is still to come;
    `retired` as soon as its end is set, also while that is still to come. `status_at` says how it stands at an instant.
    `slot`: within a kind, at most one version of a slot is in force at any instant.
    """

    kind: str
    id: UUID
    version: int
    slot: str
    name: Mapping[str, str] | None
    document: Mapping[str, Any]
    status: Status
    author: str
    created_at: datetime
    note: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    activated_by: str | None = None
    activated_at: datetime | None = None
    retired_by: str | None = None
    retired_at: datetime | None = None
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    fingerprint: str = ""  # of name and document, as the database computes it

    def in_force_at(self, instant: datetime) -> bool:
        """By what is decided now. What was decided at an earlier instant, `timeline.py` says.

        What was decided to hold at once does so also where a clock is behind the instant of the decision.
        """
        if self.effective_from is None or self.effective_from > max(instant, self.activated_at or instant):
            return False
        return self.effective_to is None or self.effective_to > max(instant, self.retired_at or instant)

    def status_at(self, instant: datetime) -> str:
        """`scheduled` before a beginning that is set, `active` while it is in force, `retired` from its end on."""
        if self.effective_from is None:
            return self.status
        if self.in_force_at(instant):
            return "active"
        return "scheduled" if self.status == "active" else "retired"


@dataclass(frozen=True, slots=True)
class RuleSetStep:
    """A line of history: who brought a version into a state, and when. Never changed.

    `effective_from`: for `active` and `retired`, since when it is so. `step` may also be what a kind notes beside the
    states, like `simulated`; `reference` is then what it came from, like the id of a run.
    """

    id: UUID
    version: int
    step: str
    at: datetime
    by: str
    effective_from: datetime | None = None
    note: str | None = None
    reference: UUID | None = None


Decision = tuple[list[RuleSetVersion], list[RuleSetStep]]


def check_named(versions: Sequence[RuleSetVersion], version: RuleSetVersion, number: int | None) -> None:
    """Who approves says which version it read, as soon as it could have been another one: 422 `version_needed`.

    Another draft, or one that took its place after a rejection, is not approved by who looked at the one before.
    """
    never_in_force = [v for v in versions if v.id == version.id and v is not version and v.effective_from is None]
    if number is None and version.status == "draft" and never_in_force:
        raise invalid(
            "version_needed", "Name the version that is meant: there is more than one.", pointer="/version",
            newest=version.version,
        )  # fmt: skip


def version_of(versions: Sequence[RuleSetVersion], rule_set_id: UUID, number: int | None) -> RuleSetVersion:
    """The version of that number, or the newest one."""
    of_id = [version for version in versions if version.id == rule_set_id]
    if not of_id:
        raise not_found("rule_set_not_found", "There is no such rule set.")
    if number is None:
        return max(of_id, key=lambda version: version.version)
    for version in of_id:
        if version.version == number:
            return version
    raise not_found("rule_set_version_not_found", "The rule set has no such version.")


def approve(version: RuleSetVersion, request: StepRequest) -> Decision:
    """By somebody else than its author. It is not in force yet."""
    _check_path(version, "approval")
    if is_same_person(version.author, request.by):
        raise forbidden("own_rule_set", "A version is approved by somebody else than its author.")
    approved = replace(version, status="approved", approved_by=request.by, approved_at=request.at)
    return [approved], [_step(version, "approved", request)]


def reject(version: RuleSetVersion, request: StepRequest) -> Decision:
    """It is never in force. The author may withdraw a version of their own by it."""
    _check_path(version, "rejection")
    return [replace(version, status="rejected")], [_step(version, "rejected", request)]


def activate(
    versions: Sequence[RuleSetVersion],
    version: RuleSetVersion,
    request: StepRequest,
    effective_from: datetime | None = None,
    *,
    taken: tuple[str, str] | None = None,
    notice: timedelta = timedelta(0),
    emergency: bool = False,
    last_step: RuleSetStep | None = None,
) -> Decision:
    """Put a version in force, now or from an instant to come; whichever it takes the place of ends there.

    It begins no sooner than its `notice` after the request; in an `emergency` it may, when it was approved before, by
    another person than the author, and who activates it is neither of the two (403 `second_approval_needed`). A retired
    version comes back when a second person asks for it as well (`last_step`: the version's own, the request of the
    first); until then it stays retired, and the request is the only step.

    `versions` are those of the same id and of the same slot. Whoever activates a draft approves it with that, and so
    is not its author. Another id that holds the slot is replaced; with `taken`, a code and a sentence, it is a refusal.
    """
    _check_path(version, "activation")
    if version.effective_to is not None and version.effective_to > request.at:
        raise conflict("still_in_force", "The version is in force until its end, which is set.")
    if emergency:
        _check_emergency(version, request)
    begins = _beginning(request.at, effective_from, timedelta(0) if emergency else notice)
    changed: list[RuleSetVersion] = []
    steps: list[RuleSetStep] = [_step(version, EMERGENCY, request)] if emergency else []
    if version.status == "draft":
        [version], steps = approve(version, request)
    elif version.status == "retired" and not _another_asked(version, "activation", request, last_step):
        return [], [_step(version, REQUESTED["activation"], request)]
    for holder in _holders(versions, version):
        if holder.id != version.id and taken is not None:
            raise conflict(*taken, rule_set_id=str(holder.id))
        if holder.effective_from is not None and holder.effective_from > begins:
            raise conflict(
                "begins_before_the_newest", "A version that begins later is set already; retire that one first."
            )
        changed.append(
            replace(holder, status="retired", retired_by=request.by, retired_at=request.at, effective_to=begins)
        )
        steps.append(_step(holder, "retired", request, begins))
    active = replace(
        version, status="active", activated_by=request.by, activated_at=request.at, effective_from=begins,
        retired_by=None, retired_at=None, effective_to=None,
    )  # fmt: skip
    return [*changed, active], [*steps, _step(version, "active", request, begins)]


def retire(
    versions: Sequence[RuleSetVersion],
    version: RuleSetVersion,
    request: StepRequest,
    *,
    may_leave_a_gap: bool = True,
    last_step: RuleSetStep | None = None,
) -> Decision:
    """End a version now. One whose beginning is still to come never begins: what it would have ended goes on.

    Two people ask for it: the first one's request changes nothing, and the second one's does it (`last_step`: the
    version's own, the request of the first). 403 `own_approval` for the same person twice.
    """
    if version.status != "active":
        raise conflict("not_active", "This version is not in force.")
    assert version.effective_from is not None  # it is active
    begun = version.effective_from <= request.at
    if begun and not may_leave_a_gap:
        raise conflict("always_in_force", "One version of these rules is always in force: activate another instead.")
    if not _another_asked(version, "retirement", request, last_step):
        return [], [_step(version, REQUESTED["retirement"], request)]
    ends = request.at if begun else version.effective_from
    retired = replace(version, status="retired", retired_by=request.by, retired_at=request.at, effective_to=ends)
    changed, steps = [retired], [_step(version, "retired", request, ends)]
    for earlier in () if begun else _ended_by(versions, version):
        changed.append(replace(earlier, status="active", retired_by=None, retired_at=None, effective_to=None))
        steps.append(_step(earlier, "active", request, ends))
    return changed, steps


def _another_asked(
    version: RuleSetVersion, action: Action, request: StepRequest, last_step: RuleSetStep | None
) -> bool:
    """Whether somebody else asked for the same, lately, and nothing happened to the version since."""
    if last_step is None or (last_step.id, last_step.version) != (version.id, version.version):
        return False
    if last_step.step != REQUESTED[action] or last_step.at < request.at - REQUEST_LASTS:
        return False
    check_another_person(last_step.by, request.by)
    return True


def _check_emergency(version: RuleSetVersion, request: StepRequest) -> None:
    involved = [subject for subject in (version.author, version.approved_by) if subject is not None]
    if version.status != "approved" or any(is_same_person(subject, request.by) for subject in involved):
        raise forbidden(
            "second_approval_needed", "Without notice a version begins when a second person approves what one approved."
        )


def _check_path(version: RuleSetVersion, action: Action) -> None:
    if (version.status, action) in PATH:
        return
    possible = sorted(later for status, later in PATH if status == version.status)
    code, detail = REFUSALS.get(
        (version.status, action), ("step_out_of_order", f"A version that is {version.status} can not take this step.")
    )
    raise conflict(code, detail, version_status=version.status, next=possible)


def _beginning(at: datetime, effective_from: datetime | None, notice: timedelta) -> datetime:
    begins = at + notice if effective_from is None else effective_from
    if begins < at:
        raise invalid("in_the_past", "Rules begin now or later.", pointer="/effective_from")
    if begins < at + notice:
        raise invalid(
            "notice_too_short", f"These rules begin {_in_words(notice)} after their activation, or later.",
            pointer="/effective_from", earliest=(at + notice).isoformat(),
        )  # fmt: skip
    return begins


def _in_words(notice: timedelta) -> str:
    return (
        f"{notice.days} days" if notice >= timedelta(days=2) else f"{round(notice.total_seconds() / 3600, 2):g} hours"
    )


def _holders(versions: Sequence[RuleSetVersion], version: RuleSetVersion) -> list[RuleSetVersion]:
    return [
        other
        for other in versions
        if other.status == "active" and (other.id == version.id or other.slot == version.slot)
    ]


def _ended_by(versions: Sequence[RuleSetVersion], version: RuleSetVersion) -> list[RuleSetVersion]:
    """The versions that end where this one would have begun, because of it."""
    return [
        other
        for other in versions
        if other.status == "retired"
        and (other.id == version.id or other.slot == version.slot)
        and other.effective_to == version.effective_from
        and other.effective_from != other.effective_to
    ]


def _step(version: RuleSetVersion, step: str, request: StepRequest, since: datetime | None = None) -> RuleSetStep:
    return RuleSetStep(version.id, version.version, step, request.at, request.by, since, request.note)
