"""The life of a version by example: who may take which step when, and what it does to the others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from shared.errors import DomainError, Kind
from shared.rule_sets.lifecycle import (
    PATH,
    REFUSALS,
    REQUESTED,
    Action,
    Decision,
    RuleSetStep,
    RuleSetVersion,
    Status,
    StepRequest,
    activate,
    approve,
    check_named,
    reject,
    retire,
    version_of,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def draft(rule_set_id: UUID = ONE, number: int = 1, *, slot: str = "", author: str = "ann") -> RuleSetVersion:
    return RuleSetVersion("rules", rule_set_id, number, slot, None, {}, "draft", author, NOON)


def by(who: str, at: datetime = NOON) -> StepRequest:
    return StepRequest(at, who)


def active(version: RuleSetVersion, since: datetime = NOON, at: datetime = NOON) -> RuleSetVersion:
    [*_, version], _ = activate([], version, by("bob", at), since)
    return version


def refusal(take: Callable[[], Any]) -> tuple[Kind, str]:
    with pytest.raises(DomainError) as refused:
        take()
    return refused.value.kind, refused.value.code


def steps_of(decision: Decision) -> list[tuple[UUID, int, str, str, datetime | None]]:
    return [(step.id, step.version, step.step, step.by, step.effective_from) for step in decision[1]]


def test_nobody_approves_a_version_of_their_own() -> None:
    assert refusal(lambda: approve(draft(), by("ann"))) == (Kind.FORBIDDEN, "own_rule_set")
    [approved], [step] = approve(draft(), by("bob"))
    assert (approved.status, approved.approved_by, approved.approved_at) == ("approved", "bob", NOON)
    assert (step.step, step.by, step.at, step.effective_from) == ("approved", "bob", NOON, None)


def test_who_activates_a_draft_approves_it_and_is_not_its_author() -> None:
    assert refusal(lambda: activate([], draft(), by("ann"))) == (Kind.FORBIDDEN, "own_rule_set")
    decision = activate([], draft(), by("bob"))
    [version] = decision[0]
    assert (version.approved_by, version.activated_by, version.effective_from) == ("bob", "bob", NOON)
    assert steps_of(decision) == [(ONE, 1, "approved", "bob", None), (ONE, 1, "active", "bob", NOON)]


def test_what_somebody_else_approved_its_author_may_put_in_force() -> None:
    [approved], _ = approve(draft(), by("bob"))
    [version], _ = activate([approved], approved, by("ann"))
    assert (version.status, version.approved_by, version.activated_by) == ("active", "bob", "ann")


def test_the_next_version_begins_where_the_one_before_it_ends() -> None:
    before, after = active(draft()), draft(number=2)
    later = NOON + timedelta(days=3)
    decision = activate([before, after], after, by("bob", NOON + timedelta(days=1)), later)
    ended, begun = decision[0]
    assert (ended.status, ended.effective_to, ended.retired_by) == ("retired", later, "bob")
    assert (begun.effective_from, begun.effective_to) == (later, None)
    assert steps_of(decision)[1:] == [(ONE, 1, "retired", "bob", later), (ONE, 2, "active", "bob", later)]
    for instant, status in ((NOON, ("active", "scheduled")), (later, ("retired", "active"))):
        assert (ended.status_at(instant), begun.status_at(instant)) == status
        assert ended.in_force_at(instant) != begun.in_force_at(instant)


def test_another_id_with_the_slot_is_replaced_or_stands_in_the_way() -> None:
    holder, newcomer, elsewhere = active(draft()), draft(TWO), active(draft(UUID(int=3), slot="b"))
    changed, _ = activate([holder, newcomer, elsewhere], newcomer, by("bob"))
    assert [(version.id, version.status) for version in changed] == [(ONE, "retired"), (TWO, "active")]
    taken = refusal(lambda: activate([holder, newcomer], newcomer, by("bob"), taken=("slot_taken", "It is taken.")))
    assert taken == (Kind.CONFLICT, "slot_taken")


def test_a_version_that_changes_its_slot_still_ends_the_one_before_it() -> None:
    before, after = active(draft(slot="a")), draft(number=2, slot="b")
    changed, _ = activate([before, after], after, by("bob"), taken=("slot_taken", "It is taken."))
    assert [(version.version, version.status) for version in changed] == [(1, "retired"), (2, "active")]


def test_rules_begin_now_or_later_and_not_before_a_beginning_that_is_set() -> None:
    def beginning(at: datetime, **more: Any) -> Callable[[], Any]:
        return lambda: activate([], draft(), by("bob"), at, **more)

    assert refusal(beginning(NOON - timedelta(seconds=1))) == (Kind.INVALID, "in_the_past")
    week = timedelta(days=7)
    assert refusal(beginning(NOON + timedelta(days=6), notice=week)) == (Kind.INVALID, "notice_too_short")
    assert activate([], draft(), by("bob"), notice=week)[0][0].effective_from == NOON + week
    scheduled = active(draft(), NOON + week)
    other = draft(number=2)
    early = refusal(lambda: activate([scheduled, other], other, by("bob"), NOON + timedelta(days=1)))
    assert early == (Kind.CONFLICT, "begins_before_the_newest")


def asked_for(action: Action, version: RuleSetVersion, who: str, at: datetime = NOON) -> RuleSetStep:
    """The line of history that a first person's request left."""
    return RuleSetStep(version.id, version.version, REQUESTED.get(action, action), at, who)


@pytest.mark.parametrize("action", ["retirement", "activation"])
def test_one_person_alone_ends_nothing_and_brings_nothing_back(action: Action) -> None:
    later = NOON + timedelta(days=1)
    version = active(draft())
    take: Callable[..., Decision] = retire
    if action == "activation":
        version = replace(version, status="retired", effective_to=NOON, retired_at=NOON, retired_by="eve")
        take = activate

    def ask(who: str, last: RuleSetStep | None, at: datetime = later) -> Decision:
        return take([version], version, by(who, at), last_step=last)

    changed, [step] = ask("eve", None)
    assert (changed, step.step, step.by) == ([], REQUESTED[action], "eve")
    assert refusal(lambda: ask("eve", step)) == (Kind.FORBIDDEN, "own_approval")
    assert refusal(lambda: ask(" Eve", step)) == (Kind.FORBIDDEN, "own_approval")
    assert ask("bob", step)[0] != []
    other = REQUESTED["activation" if action == "retirement" else "retirement"]
    for stale in (
        replace(step, version=2), replace(step, step="simulated"), replace(step, step=other),
        replace(step, at=later - timedelta(days=7, seconds=1)),
    ):  # fmt: skip
        changed, [again] = ask("bob", stale)
        assert (changed, again.by) == ([], "bob"), "it is asked for anew"


def test_in_an_emergency_a_third_person_puts_what_was_approved_in_force_without_notice() -> None:
    week, version = timedelta(days=7), draft()

    def at_once(version: RuleSetVersion, who: str, begins: datetime | None = None) -> Decision:
        return activate([version], version, by(who), begins, notice=week, emergency=True)

    needed = (Kind.FORBIDDEN, "second_approval_needed")
    assert refusal(lambda: at_once(version, "eve")) == needed, "nobody has approved it yet"
    [approved], _ = approve(version, by("bob"))
    assert refusal(lambda: at_once(approved, "bob")) == needed
    assert refusal(lambda: at_once(approved, "ANN")) == needed
    assert refusal(lambda: at_once(approved, "eve", NOON - timedelta(seconds=1))) == (Kind.INVALID, "in_the_past")
    [in_force], steps = at_once(approved, "eve")
    assert (in_force.effective_from, [step.step for step in steps]) == (NOON, ["emergency", "active"])


def test_who_approves_names_the_version_as_soon_as_there_is_another_to_mistake_it_for() -> None:
    first, second = draft(), draft(number=2)
    assert refusal(lambda: check_named([second, first], second, None)) == (Kind.INVALID, "version_needed")
    rejected = replace(first, status="rejected")
    assert refusal(lambda: check_named([second, rejected], second, None)) == (Kind.INVALID, "version_needed")
    check_named([second, first], second, 2)
    check_named([second, active(first)], second, None)


def test_what_is_called_off_before_it_began_leaves_what_was() -> None:
    before, after = active(draft()), draft(number=2)
    later = NOON + timedelta(days=3)
    ended, scheduled = activate([before, after], after, by("bob"), later)[0]
    request = by("eve", NOON + timedelta(days=1))
    first_request = asked_for("retirement", scheduled, "bob")
    decision = retire([ended, scheduled], scheduled, request, may_leave_a_gap=False, last_step=first_request)
    never, goes_on = decision[0]
    assert (never.status, never.effective_from, never.effective_to) == ("retired", later, later)
    assert goes_on == before
    assert steps_of(decision) == [(ONE, 2, "retired", "eve", later), (ONE, 1, "active", "eve", later)]


def test_what_has_begun_ends_now_unless_something_must_be_in_force() -> None:
    version, later = active(draft()), NOON + timedelta(days=1)
    assert refusal(lambda: retire([version], version, by("eve", later), may_leave_a_gap=False)) == (
        Kind.CONFLICT, "always_in_force",
    )  # fmt: skip
    [retired], _ = retire([version], version, by("eve", later), last_step=asked_for("retirement", version, "bob"))
    assert (retired.effective_to, retired.retired_by, retired.retired_at) == (later, "eve", later)
    first_request = asked_for("activation", retired, "eve")
    [again], _ = activate([retired], retired, by("ann", later), last_step=first_request)  # two people want it back
    assert (again.status, again.effective_from, again.effective_to, again.retired_by) == ("active", later, None, None)


def test_a_version_whose_end_is_set_is_not_activated_before_it_has_ended() -> None:
    before, after = active(draft()), draft(number=2)
    ended, scheduled = activate([before, after], after, by("bob"), NOON + timedelta(days=3))[0]
    again = refusal(lambda: activate([ended, scheduled], ended, by("eve"), NOON + timedelta(days=9)))
    assert again == (Kind.CONFLICT, "still_in_force")


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("action", get_args(Action))
def test_the_path_is_all_there_is(status: Status, action: Action) -> None:
    begun = {"effective_from": NOON} if status in ("active", "retired") else {}
    ended = {"effective_to": NOON} if status == "retired" else {}
    version = replace(draft(), status=status, **begun, **ended)  # type: ignore[arg-type]
    take: dict[Action, Callable[[], Decision]] = {
        "approval": lambda: approve(version, by("bob")),
        "rejection": lambda: reject(version, by("bob")),
        "activation": lambda: activate([version], version, by("bob"), last_step=asked_for(action, version, "eve")),
        "retirement": lambda: retire([version], version, by("bob"), last_step=asked_for(action, version, "eve")),
    }
    if (status, action) in PATH:
        assert take[action]()[0][-1].status == PATH[status, action]
    else:
        kind, code = refusal(take[action])
        assert kind == Kind.CONFLICT
        assert action == "retirement" or code == REFUSALS.get((status, action), ("step_out_of_order", ""))[0]


def test_a_version_is_named_by_its_number_or_is_the_newest() -> None:
    versions = [draft(number=2), draft(number=1), draft(TWO, 5)]
    assert version_of(versions, ONE, None).version == 2
    assert version_of(versions, ONE, 1).version == 1
    assert refusal(lambda: version_of(versions, ONE, 5)) == (Kind.NOT_FOUND, "rule_set_version_not_found")
    assert refusal(lambda: version_of(versions, UUID(int=9), None)) == (Kind.NOT_FOUND, "rule_set_not_found")
