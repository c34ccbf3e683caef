"""The life of rule sets as a state machine: whatever people do in whatever order, no version gets into force by one
person, intervals neither overlap nor gap, the history is complete, and the past is what it was known to be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.errors import DomainError
from shared.rule_sets.lifecycle import (
    REQUESTED,
    SINCE_EVER,
    SYSTEM,
    Decision,
    RuleSetStep,
    RuleSetVersion,
    StepRequest,
    activate,
    approve,
    reject,
    retire,
)
from shared.rule_sets.timeline import Timeline, VersionKey, intervals_of

BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)
PEOPLE = st.sampled_from(["ann", "bob", "eve"])
IDS = st.sampled_from([UUID(int=n) for n in range(1, 4)])
SLOTS = st.sampled_from(["a", "b"])
DAYS = st.integers(0, 5)
PICK = st.integers(0, 1_000)


class RuleSets(RuleBasedStateMachine):
    """Versions of three ids; `plans` keeps, for each instant of knowledge, what was decided to be in force."""

    @initialize(mode=st.sampled_from(["single", "many", "slots"]))
    def begin(self, mode: str) -> None:
        self.mode = mode
        self.now = BEGINNING
        self.versions: dict[VersionKey, RuleSetVersion] = {}
        self.steps: list[RuleSetStep] = []
        self.known: list[tuple[datetime, list[RuleSetVersion]]] = []  # after each decision, all versions as they were
        shipped = RuleSetVersion(
            "rules", UUID(int=1), 1, self._slot(UUID(int=1), "a"), None, {}, "active", SYSTEM, self.now,
            activated_by=SYSTEM, activated_at=self.now, effective_from=SINCE_EVER,
        )  # fmt: skip
        self.versions[shipped.id, 1] = shipped
        self.steps.append(RuleSetStep(shipped.id, 1, "draft", self.now, SYSTEM))
        self._keep([shipped], [RuleSetStep(shipped.id, 1, "active", self.now, SYSTEM, SINCE_EVER)])

    def _slot(self, rule_set_id: UUID, slot: str) -> str:
        return {"single": "", "many": str(rule_set_id), "slots": slot}[self.mode]

    def _keep(self, changed: list[RuleSetVersion], steps: list[RuleSetStep]) -> None:
        self.versions |= {(version.id, version.version): version for version in changed}
        self.steps += steps
        self.known.append((self.now, list(self.versions.values())))

    def _take(self, pick: int, decide: Callable[[RuleSetVersion], Decision]) -> None:
        keys = sorted(self.versions)
        version = self.versions[keys[pick % len(keys)]]
        try:
            changed, steps = decide(version)
        except DomainError:
            return
        self._keep(changed, steps)

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, hours=1)

    @rule(rule_set_id=IDS, slot=SLOTS, who=PEOPLE)
    def write(self, rule_set_id: UUID, slot: str, who: str) -> None:
        number = 1 + max((n for other, n in self.versions if other == rule_set_id), default=0)
        slot = self._slot(rule_set_id, slot)
        draft = RuleSetVersion("rules", rule_set_id, number, slot, None, {}, "draft", who, self.now)
        self._keep([draft], [RuleSetStep(rule_set_id, number, "draft", self.now, who)])

    @rule(pick=PICK, who=PEOPLE)
    def approve(self, pick: int, who: str) -> None:
        self._take(pick, lambda version: approve(version, StepRequest(self.now, who)))

    @rule(pick=PICK, who=PEOPLE)
    def reject(self, pick: int, who: str) -> None:
        self._take(pick, lambda version: reject(version, StepRequest(self.now, who)))

    @rule(pick=PICK, who=PEOPLE, days=DAYS)
    def activate(self, pick: int, who: str, days: int) -> None:
        def decide(version: RuleSetVersion) -> Decision:
            request, begins = StepRequest(self.now, who), self.now + timedelta(days=days)
            every = list(self.versions.values())
            return activate(
                every, version, request, begins, last_step=self._history(version)[-1],
                taken=("slot_taken", "It is taken.") if self.mode == "slots" else None,
            )  # fmt: skip

        self._take(pick, decide)

    @rule(pick=PICK, who=PEOPLE)
    def retire(self, pick: int, who: str) -> None:
        def decide(version: RuleSetVersion) -> Decision:
            request = StepRequest(self.now, who)
            every, last_step = list(self.versions.values()), self._history(version)[-1]
            return retire(every, version, request, may_leave_a_gap=self.mode != "single", last_step=last_step)

        self._take(pick, decide)

    @invariant()
    def no_version_is_in_force_by_one_person(self) -> None:
        for version in self.versions.values():
            if version.status in ("approved", "active", "retired") and version.author != SYSTEM:
                assert version.approved_by not in (None, version.author)
                approvals = [s for s in self._history(version) if s.step == "approved"]
                assert [step.by for step in approvals] == [version.approved_by]

    @invariant()
    def no_version_ends_or_comes_back_by_one_person(self) -> None:
        """Who did it is another than who asked for it the step before; what replaces another is an activation."""
        by_version: dict[VersionKey, RuleSetStep] = {}
        activated = {(step.at, step.by) for step in self.steps if step.step == "active"}
        for step in self.steps:
            before = by_version.get((step.id, step.version))
            came_back = step.step == "active" and before is not None and before.step.endswith("requested")
            if came_back or (step.step == "retired" and (step.at, step.by) not in activated):
                assert before is not None
                assert before.by != step.by
                assert before.step in ("activation_requested", "retirement_requested")
            by_version[step.id, step.version] = step

    @invariant()
    def the_history_is_complete(self) -> None:
        for version in self.versions.values():
            history = [step for step in self._history(version) if step.step not in REQUESTED.values()]
            assert (history[0].step, history[0].by, history[-1].step) == ("draft", version.author, version.status)
        assert [step.at for step in self.steps] == sorted(step.at for step in self.steps)

    @invariant()
    def intervals_never_overlap_and_a_single_kind_has_no_gap(self) -> None:
        intervals = intervals_of(self.steps)
        for first, other in combinations(intervals, 2):
            if first.id == other.id or self._slot_of(first.id, first.version) == self._slot_of(other.id, other.version):
                assert first.effective_to is not None
                assert first.effective_to <= other.effective_from
        if self.mode == "single":
            assert intervals[0].effective_from == SINCE_EVER
            assert all(first.effective_to == other.effective_from for first, other in pairwise(intervals))
            assert intervals[-1].effective_to is None

    @invariant()
    def the_versions_say_what_the_history_says(self) -> None:
        """The last interval of each version is what it carries, and now it is in force exactly then."""
        last = {(i.id, i.version): i for i in intervals_of(self.steps)}
        for key, version in self.versions.items():
            interval = last.get(key)
            assert version.in_force_at(self.now) == (interval is not None and interval.holds_at(self.now))
            if interval is not None and version.effective_from != version.effective_to:
                assert version.effective_to == interval.effective_to
                assert version.effective_from is not None  # later, when it ended and was put in force again at once
                assert interval.effective_from <= version.effective_from

    @invariant()
    def the_past_is_what_it_was_known_to_be(self) -> None:
        """At every K: an oracle that remembers what the versions were then, for every T from then on."""
        at_once = dict(self.known)  # the last word of each instant
        for known_at, versions in list(at_once.items())[-6:]:
            intervals = intervals_of(self.steps, known_at)
            for days in (0, 1, 2, 3, 5, 8):
                instant = known_at + timedelta(days=days)
                expected = {(v.id, v.version) for v in versions if v.in_force_at(instant)}
                assert {(i.id, i.version) for i in intervals if i.holds_at(instant)} == expected

    @invariant()
    def what_was_in_force_stays_so_for_ever(self) -> None:
        """Whatever was in force at an instant when it came is what the timeline says of that instant now."""
        intervals = intervals_of(self.steps)
        for known_at, versions in dict(self.known).items():
            expected = {(v.id, v.version) for v in versions if v.in_force_at(known_at)}
            assert {(i.id, i.version) for i in intervals if i.holds_at(known_at)} == expected
            if self.mode == "single":
                in_force = Timeline(intervals, lambda key: key).find(known_at)
                assert in_force is not None
                assert {in_force.rules} == {in_force.key} == expected

    def _history(self, version: RuleSetVersion) -> list[RuleSetStep]:
        return [step for step in self.steps if (step.id, step.version) == (version.id, version.version)]

    def _slot_of(self, rule_set_id: UUID, number: int) -> str:
        return self.versions[rule_set_id, number].slot


TestRuleSets = RuleSets.TestCase
TestRuleSets.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
