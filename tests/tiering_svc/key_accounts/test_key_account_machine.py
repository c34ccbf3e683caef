"""T8: whatever people do in whatever order, nobody decides on an own nomination and no two intervals overlap."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from uuid import UUID

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.tiering_svc.key_accounts.domain import key_account as life
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, Nomination, Situation
from services.tiering_svc.key_accounts.domain.rules import Examination
from services.tiering_svc.subscriptions import subscriptions
from shared.errors import DomainError
from shared.events import CustomerExcluded, CustomerExclusionEnded, Event, KeyAccountApproved, KeyAccountEnded
from tests import harness
from tests.tiering_svc.key_accounts.people import ANN, BOB, People, refused, steady

SERVICE = "tiering"
PEOPLE = st.sampled_from(["ann", "bob", "eve"])
KINDS = st.lists(st.sampled_from(["economic", "important", "group", "strategic"]), min_size=1, max_size=4, unique=True)
MET = Examination("one_off_bulk_buyer", {"en": "Bulk", "zh": "大宗"}, True, ())
UNKNOWN = Examination("large_without_profit", {"en": "No profit", "zh": "无利"}, None, ())


class TheLifeOfAnAccount(RuleBasedStateMachine):
    """One customer, three people and a clock that may go back; beside the decisions a list of all that was stored."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.nominations: dict[UUID, Nomination] = {}
        self.classes: dict[UUID, AccountClass] = {}
        self.events: list[Event] = []

    def situation(self) -> Situation:
        ordered = sorted(self.classes.values(), key=lambda held: held.since)
        last = ordered[-1] if ordered else None
        waiting = frozenset(nomination.class_code for nomination in self.waiting())
        current = last if last is not None and last.until is None else None
        return Situation(current, None if last is None else last.until, waiting)

    def must(self, holds: bool) -> None:
        assert holds

    def waiting(self) -> list[Nomination]:
        return [nomination for nomination in self.nominations.values() if nomination.status == "open"]

    def any_nomination(self) -> st.SearchStrategy[Nomination]:
        return st.sampled_from(sorted(self.nominations.values(), key=lambda nomination: nomination.nomination_id))

    @rule(seconds=st.integers(-60, 3600))
    def time_passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(by=PEOPLE, kinds=KINDS)
    def nominate(self, by: str, kinds: list[str]) -> None:
        self._nominate("key", tuple(kinds), by)

    @rule(by=PEOPLE)
    def nominate_exclusion(self, by: str) -> None:
        self._nominate("excluded", (), by)

    def _nominate(self, class_code: life.AccountClassCode, kinds: tuple[str, ...], by: str) -> None:
        situation = self.situation()
        try:
            life.check_nomination(situation, class_code, kinds)
        except DomainError:
            refused_rightly = class_code in situation.open_classes or situation.current is not None
            self.must(refused_rightly)
            return
        nomination = Nomination(UUID(int=next(self.numbers)), ANN, class_code, kinds, "Why", (), {}, by, self.at)
        self.nominations[nomination.nomination_id] = nomination

    @precondition(lambda self: self.nominations)
    @rule(data=st.data(), by=PEOPLE, disqualified=st.booleans(), reason=st.sampled_from([None, "Because."]))
    def approve(self, data: st.DataObject, by: str, disqualified: bool, reason: str | None) -> None:
        nomination = data.draw(self.any_nomination())
        findings = [MET if disqualified else UNKNOWN]
        current = self.situation().current
        allowed = (
            nomination.status == "open" and by != nomination.nominated_by
            and (current is None or current.class_code == "key")
            and not (disqualified and nomination.class_code == "key" and reason is None)
        )  # fmt: skip
        try:
            approval = life.approve(nomination, self.situation(), findings, by, self.at, override_reason=reason)
        except DomainError:
            self.must(not allowed)
            return
        self.must(allowed)
        assert (approval.nomination.override_reason is not None) == (disqualified and nomination.class_code == "key")
        self.nominations[nomination.nomination_id] = approval.nomination
        self.classes |= {ended.class_id: ended for ended in approval.ended}
        self.classes[approval.opened.class_id] = approval.opened
        self.events += approval.events

    @precondition(lambda self: self.nominations)
    @rule(data=st.data(), by=PEOPLE)
    def reject_or_cancel(self, data: st.DataObject, by: str) -> None:
        nomination = data.draw(self.any_nomination())
        own = by == nomination.nominated_by
        try:
            decided = life.cancel(nomination, by, self.at) if own else life.reject(nomination, by, self.at, "No.")
        except DomainError:
            self.must(nomination.status != "open")
            return
        self.must(nomination.status == "open")
        self.nominations[nomination.nomination_id] = decided

    @precondition(lambda self: self.situation().current is not None)
    @rule(by=PEOPLE)
    def end(self, by: str) -> None:
        situation = self.situation()
        assert situation.current is not None
        ended, events = life.end(situation, situation.current.class_code, by, self.at, "Over.")
        self.classes |= {each.class_id: each for each in ended}
        self.events += events

    @invariant()
    def nobody_decides_on_an_own_nomination(self) -> None:
        for nomination in self.nominations.values():
            if nomination.status in ("approved", "rejected"):
                assert nomination.decided_by not in (None, nomination.nominated_by)

    @invariant()
    def no_two_intervals_overlap_and_one_at_most_is_open(self) -> None:
        ordered = sorted(self.classes.values(), key=lambda held: held.since)
        for earlier, following in pairwise(ordered):
            assert earlier.until is not None
            assert earlier.since < earlier.until <= following.since
        assert all(held.since < held.until for held in ordered if held.until is not None)
        assert len([nomination for nomination in self.waiting() if nomination.class_code == "key"]) <= 1

    @invariant()
    def the_events_tell_where_the_customer_stands(self) -> None:
        held: UUID | None = None
        for event in self.events:
            if isinstance(event, KeyAccountApproved | CustomerExcluded):
                assert held is None
                held = event.class_id
            elif isinstance(event, KeyAccountEnded | CustomerExclusionEnded):
                assert held == event.class_id
                held = None
        current = self.situation().current
        assert held == (None if current is None else current.class_id)


TheLifeOfAnAccount.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestT8TheLifeOfAnAccount = TheLifeOfAnAccount.TestCase


async def test_T8_two_who_approve_at_once_open_one_interval(client, database, as_role):
    people = People(client, as_role)
    await harness.deliver(database, subscriptions, steady(ANN))
    nomination = (await people.nominate()).json()
    answers = await asyncio.gather(*(people.decide(nomination, by=by) for by in ("hal", "ida", "joe")))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {refused(answer)[1] for answer in answers if answer.status_code == 409} == {"nomination_decided"}
    assert len((await people.show())["history"]) == 1


async def test_T8_the_database_itself_lets_no_two_intervals_overlap(client, database, as_role):
    people = People(client, as_role)
    await harness.deliver(database, subscriptions, [*steady(ANN), *steady(BOB)])
    await people.key_account(ANN)
    other = (await people.nominate(ANN, "strategic")).json()
    second = """insert into account_class (class_id, customer_id, class, kinds, effective, recorded_at, ended_at,
                                           ended_by, end_cause)
                values ($1, $2, 'key', '{group}', tstzrange(now() + '1 day', now() + '2 days'), now(), now(), 'x',
                        'ended')"""
    with pytest.raises(asyncpg.ExclusionViolationError):
        await database.run(lambda tx: tx.raw.execute(second, UUID(other["id"]), ANN))
    own = (
        "update nomination set status = 'approved', decided_by = nominated_by, decided_at = now() where status = 'open'"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await database.run(lambda tx: tx.raw.execute(own))
