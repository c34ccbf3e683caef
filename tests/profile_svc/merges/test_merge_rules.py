"""What may be merged, what survives, and what is undone first (P12, P2), without a database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.files.domain.combined_file import CombinedFile, FileMerge, Side, combine
from services.profile_svc.files.domain.customer_file import CustomerFile, CustomerKind
from services.profile_svc.groups.domain import Membership
from services.profile_svc.merges.domain import (
    FieldOutcome,
    Merge,
    check_groups,
    check_mergeable,
    find_undoable,
    merged_file,
    preview_fields,
    survivor,
    when_next,
)
from shared.errors import DomainError, Kind
from shared.events import CustomersMerged, CustomersUnmerged

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
A, B, C, D, E = (UUID(int=number) for number in range(1, 6))


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def file_of(id: UUID, kind: CustomerKind = "person", **facts: Any) -> CombinedFile:
    """A customer who was merged with nobody."""
    return CombinedFile(CustomerFile(id, kind, facts, 1, NOON, NOON), (id,), {id: own(id, kind, **facts)})


def own(id: UUID, kind: CustomerKind = "person", **facts: Any) -> CustomerFile:
    return CustomerFile(id, kind, facts, 1, NOON, NOON)


def merge_of(number: int, root: UUID, absorbed: UUID, merged: float, unmerged: float | None = None) -> Merge:
    return Merge(
        UUID(int=100 + number), root, absorbed, hour(merged), {}, "person:ann",
        None if unmerged is None else hour(unmerged), None if unmerged is None else "person:bob",
    )  # fmt: skip


def refusal_of(call: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value


# --- what may be merged ----------------------------------------------------------------------------------------


def test_P12_a_customer_is_not_merged_with_itself() -> None:
    refusal = refusal_of(lambda: check_mergeable(file_of(A), file_of(A), {}))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.INVALID, "merge_with_itself", "/absorbed")


def test_P12_two_who_are_one_are_not_merged_again() -> None:
    together = combine({A: own(A), B: own(B)}, [A, B], [FileMerge(UUID(int=9), A, B)])
    refusal = refusal_of(lambda: check_mergeable(together, together, {}))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.CONFLICT, "already_one", "/absorbed")


@pytest.mark.parametrize(
    ("root", "absorbed", "refused"),
    [
        ("person", "person", False),
        ("organisation", "organisation", False),
        ("unknown", "person", False),  # of a stub nobody knows yet what it is
        ("organisation", "unknown", False),
        ("unknown", "unknown", False),
        ("person", "organisation", True),
        ("organisation", "person", True),
    ],
)
def test_P12_an_organisation_and_a_person_are_not_one(
    root: CustomerKind, absorbed: CustomerKind, refused: bool
) -> None:
    if refused:
        refusal = refusal_of(lambda: check_mergeable(file_of(A, root), file_of(B, absorbed), {}))
        assert (refusal.kind, refusal.code) == (Kind.CONFLICT, "kinds_differ")
    else:
        check_mergeable(file_of(A, root), file_of(B, absorbed), {})


def test_P12_what_is_kept_is_a_field_of_the_file_or_the_account_manager() -> None:
    check_mergeable(file_of(A), file_of(B), {"names": "root", "tax_id": "absorbed", "account_manager": "absorbed"})
    refusal = refusal_of(lambda: check_mergeable(file_of(A), file_of(B), {"names": "root", "shoe": "absorbed"}))
    assert (refusal.kind, refusal.code, refusal.pointer) == (Kind.INVALID, "field_not_known", "/keep/shoe")


# --- groups ----------------------------------------------------------------------------------------------------


def circle(*memberships: Membership, at: datetime = NOON) -> bool:
    """Whether a merge into A is refused for a circle."""
    try:
        check_groups(A, memberships, at)
    except DomainError as refusal:
        if refusal.code == "would_be_a_circle":
            return True
        raise
    return False


def test_P2_a_parent_takes_in_its_child_and_nobody_is_above_itself() -> None:
    assert not circle(Membership(A, A, hour(-5)))  # the child's place, now within
    assert not circle(Membership(A, A, hour(-5)), Membership(A, C, hour(-5)))


def test_P2_one_below_the_other_with_a_customer_between_them_is_a_circle() -> None:
    """B below C below A; B is A now."""
    assert circle(Membership(A, C, hour(-5)), Membership(C, A, hour(-5)))
    assert circle(Membership(A, C, hour(-5)), Membership(C, D, hour(-5)), Membership(D, A, hour(-5)))
    assert not circle(Membership(A, C, hour(-5)), Membership(C, D, hour(-5)))


def test_P2_what_was_is_no_circle_and_what_comes_is_one() -> None:
    below, above = Membership(A, C, hour(-9)), Membership(C, A, hour(-9))
    assert not circle(replace(below, until=hour(0)), above)
    assert not circle(below, replace(above, until=hour(-1)))
    assert circle(below, replace(above, since=hour(3)))
    assert not circle(replace(below, until=hour(3)), replace(above, since=hour(3)))
    assert circle(replace(below, until=hour(4)), replace(above, since=hour(3)))


def test_P2_a_place_of_a_child_among_members_says_nothing_more() -> None:
    """C stands below both halves of the customer; that is one place twice, no circle."""
    assert not circle(Membership(C, A, hour(-5)), Membership(C, A, hour(-4)), Membership(A, D, hour(-5)))


# --- time ------------------------------------------------------------------------------------------------------


def test_P12_merges_of_a_customer_have_growing_instants() -> None:
    assert when_next(NOON, []) == NOON
    assert when_next(hour(3), [merge_of(1, A, B, 1, 2)]) == hour(3)
    assert when_next(hour(2), [merge_of(1, A, B, 1, 2)]) == hour(2) + TICK
    assert when_next(hour(1), [merge_of(1, A, B, 1)]) == hour(1) + TICK
    assert when_next(NOON, [merge_of(2, A, C, 5), merge_of(1, A, B, 1, 2)]) == hour(5) + TICK


# --- undoing ---------------------------------------------------------------------------------------------------


def test_P12_last_merged_first_undone() -> None:
    first, second = merge_of(1, A, B, 1), merge_of(2, A, C, 2)
    members = [A, B, C]
    assert find_undoable([first, second], second.merge_id, members) == second
    refusal = refusal_of(lambda: find_undoable([first, second], first.merge_id, members))
    assert (refusal.kind, refusal.code) == (Kind.CONFLICT, "undo_out_of_order")
    assert refusal.facts == {"last_merge_id": str(second.merge_id)}
    assert find_undoable([first, replace(second, unmerged_at=hour(3))], first.merge_id, [A, B]) == first


def test_P12_undone_again_nothing_changes() -> None:
    first, second = merge_of(1, A, B, 1, 3), merge_of(2, A, C, 2)
    assert find_undoable([first, second], first.merge_id, [A, C]) is None


def test_P12_a_merge_within_an_absorbed_customer_waits_for_the_one_above_it() -> None:
    """B took in C before A took in B: C is not taken out of A's middle."""
    inner, outer = merge_of(1, B, C, 1), merge_of(2, A, B, 2)
    assert refusal_of(lambda: find_undoable([inner, outer], inner.merge_id, [A, B, C])).code == "undo_out_of_order"
    assert find_undoable([inner, outer], outer.merge_id, [A, B, C]) == outer


def test_P12_a_later_merge_of_who_was_let_go_is_none_of_this_customer() -> None:
    """B was in A, went out of it and took in D: A's merge with C is its last one."""
    merges = [merge_of(1, A, C, 1), merge_of(2, A, B, 2, 3), merge_of(3, B, D, 4)]
    assert find_undoable(merges, merges[0].merge_id, [A, C]) == merges[0]
    assert find_undoable(merges, merges[2].merge_id, [B, D]) == merges[2]


# --- events ----------------------------------------------------------------------------------------------------


def test_P12_a_merge_and_its_undoing_are_announced_for_each_of_the_two() -> None:
    merge = merge_of(1, A, B, 1, 2)
    about = {"merge_id": merge.merge_id, "root_id": A, "absorbed_id": B, "merged_at": hour(1)}
    assert merge.events() == [CustomersMerged(customer_id=id, **about) for id in (A, B)]
    assert merge.undoing_events() == [CustomersUnmerged(customer_id=id, unmerged_at=hour(2), **about) for id in (A, B)]
    assert not merge.is_in_force
    assert merge_of(1, A, B, 1).is_in_force


# --- what survives ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_root", "of_absorbed", "keep", "survives"),
    [
        ("x", "y", {}, "root"),
        ("x", "y", {"region": "absorbed"}, "absorbed"),
        ("x", "y", {"region": "root"}, "root"),
        ("x", "y", {"car": "absorbed"}, "root"),
        (None, "y", {}, "absorbed"),
        (None, "y", {"region": "root"}, "absorbed"),  # there is nothing else to keep
        ("x", None, {"region": "absorbed"}, "root"),
        (False, True, {}, "root"),  # false and 0 are values
        (0, None, {}, "root"),
    ],
)
def test_P12_the_roots_value_survives_unless_it_has_none_or_the_others_is_kept(
    of_root: object, of_absorbed: object, keep: Mapping[str, Side], survives: Side
) -> None:
    assert survivor(keep, "region", of_root, of_absorbed) == survives


def test_P12_a_preview_names_each_field_that_one_of_them_has() -> None:
    root = file_of(A, names=[{"name": "Ada"}], region="east", car="red", hobbies=[])
    absorbed = file_of(B, names=[{"name": "A. Quill"}], region="east", occupation="smith", hobbies=["go"])
    names = ([{"name": "Ada"}], [{"name": "A. Quill"}])
    assert {outcome.name: outcome for outcome in preview_fields(root, absorbed, {"names": "absorbed"})} == {
        "names": FieldOutcome("names", *names, "absorbed", conflict=True),
        "region": FieldOutcome("region", "east", "east", "root", conflict=False),
        "car": FieldOutcome("car", "red", None, "root", conflict=False),
        "occupation": FieldOutcome("occupation", None, "smith", "absorbed", conflict=False),
        "hobbies": FieldOutcome("hobbies", [], ["go"], "root", conflict=True),
    }
    assert preview_fields(file_of(A), file_of(B), {}) == []


FIELDS = ("names", "region", "car", "hobbies", "occupation")
FACTS = st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 2))
KEEP = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["root", "absorbed"]))


@given(FACTS, FACTS, KEEP)
def test_P12_what_a_preview_says_survives_is_what_the_merged_file_says(
    of_root: dict[str, Any], of_absorbed: dict[str, Any], keep: dict[str, Side]
) -> None:
    root, absorbed = file_of(A, **of_root), file_of(B, **of_absorbed)
    merged = merged_file(root, absorbed, FileMerge(UUID(int=9), A, B, keep))
    previewed = {
        outcome.name: outcome.absorbed if outcome.survives == "absorbed" else outcome.root
        for outcome in preview_fields(root, absorbed, keep)
    }
    assert merged.file.facts == previewed
    assert merged.members == (A, B)


def folded(files: Sequence[tuple[UUID, dict[str, Any]]]) -> dict[str, Any]:
    """Who comes first says it: an oracle for merges without a choice, the root before those it took in."""
    facts: dict[str, Any] = {}
    for _, own_facts in files:
        facts = own_facts | facts
    return facts


@given(FACTS, FACTS, FACTS, FACTS)
def test_P12_two_who_absorbed_others_become_one_of_four(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any], d: dict[str, Any]
) -> None:
    """D took in B, A took in C, then D took in A: the order of ids does not decide."""
    left = combine({D: own(D, **d), B: own(B, **b)}, [D, B], [FileMerge(UUID(int=10), D, B)])
    right = combine({A: own(A, **a), C: own(C, **c)}, [A, C], [FileMerge(UUID(int=11), A, C)])
    merged = merged_file(left, right, FileMerge(UUID(int=12), D, A))
    assert merged.members == (D, A, B, C)
    assert merged.file.id == D
    assert merged.file.facts == folded([(D, d), (B, b), (A, a), (C, c)])


def test_P12_an_absorbed_customer_brings_what_its_own_merge_made_of_it() -> None:
    """B's merge with C kept C's region; A has none, so it is C's that counts."""
    inner = combine(
        {B: own(B, region="east"), C: own(C, region="west")},
        [B, C],
        [FileMerge(UUID(int=10), B, C, {"region": "absorbed"})],
    )
    assert merged_file(file_of(A), inner, FileMerge(UUID(int=11), A, B)).file.facts == {"region": "west"}
    assert merged_file(file_of(A, region="north"), inner, FileMerge(UUID(int=11), A, B)).file.facts["region"] == "north"


def test_P12_a_stub_that_takes_in_somebody_is_of_their_kind() -> None:
    merged = merged_file(file_of(A, "unknown"), file_of(B, "organisation", region="east"), FileMerge(E, A, B))
    assert (merged.id, merged.file.kind, merged.file.facts) == (A, "organisation", {"region": "east"})
