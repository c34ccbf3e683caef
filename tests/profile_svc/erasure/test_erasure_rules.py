"""Who is erased, what stands in the way, and who still owes a receipt (P13), without a database."""

from datetime import UTC, datetime
from itertools import chain, combinations
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile_svc.erasure.domain import Person, PersonKind, Receipt, open_cases, owed, requests_of
from shared.errors import DomainError, Kind
from shared.events import ErasureRequested

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ERASURE, PERSON = UUID(int=100), UUID(int=200)
ANN, BOB, CYS = (UUID(int=number) for number in (1, 2, 3))
FIVE = ("profile", "tiering", "complaint", "loyalty", "gateway")

IDENTITY: dict[str, Any] = {"customer_id": ANN, "name": "Eve", "number": "+12025550100", "case_id": UUID(int=9)}
NEEDED: dict[PersonKind, set[str]] = {
    "caller": {"number"},
    "contact": {"customer_id", "name"},
    "family_member": {"customer_id", "name"},
    "case_contact": {"case_id"},
}
COMBINATIONS = list(chain.from_iterable(combinations(IDENTITY, size) for size in range(len(IDENTITY) + 1)))


def test_P13_each_kind_of_person_is_asked_for() -> None:
    assert set(NEEDED) == set(get_args(PersonKind))


@pytest.mark.parametrize("kind", NEEDED)
@pytest.mark.parametrize("given_names", COMBINATIONS, ids="+".join)
def test_P13_a_person_is_who_is_identified_by_what_its_kind_says_and_nothing_else(
    kind: PersonKind, given_names: tuple[str, ...]
) -> None:
    person = Person(kind, **{name: IDENTITY[name] for name in given_names})
    if set(given_names) == NEEDED[kind]:
        person.check()
        return
    with pytest.raises(DomainError) as refused:
        person.check()
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "person_not_identified")
    pointed = (refused.value.pointer or "").removeprefix("/person/")
    assert (pointed in given_names) != (pointed in NEEDED[kind])  # missing, or too much
    assert "Eve" not in refused.value.detail
    assert "+1202" not in refused.value.detail


def test_P13_open_cases_stand_in_the_way_and_are_counted() -> None:
    refusal = open_cases(2)
    assert (refusal.kind, refusal.code, refusal.facts) == (Kind.CONFLICT, "open_cases", {"open_cases": 2})


def test_P13_every_member_of_a_customer_is_asked_for_in_the_order_of_ids() -> None:
    """So that two erasures of the same customers wait for each other and for nobody in a circle."""
    assert requests_of(ERASURE, {CYS, ANN, BOB}, None, NOON) == [
        ErasureRequested(customer_id=id, erasure_id=ERASURE, person_id=None, requested_at=NOON)
        for id in (ANN, BOB, CYS)
    ]
    [of_person] = requests_of(ERASURE, [ANN], PERSON, NOON)
    assert of_person.person_id == PERSON
    assert requests_of(ERASURE, [], None, NOON) == []


def receipt_of(customer_id: UUID, service: str) -> Receipt:
    return Receipt(ERASURE, customer_id, service, NOON, ("customer",))


def test_P13_all_five_services_owe_a_receipt_of_every_customer() -> None:
    assert owed([BOB, ANN], []) == [(id, service) for id in (ANN, BOB) for service in FIVE]
    come = [receipt_of(ANN, service) for service in FIVE] + [receipt_of(BOB, "gateway")]
    assert owed([ANN, BOB], come) == [(BOB, service) for service in FIVE[:-1]]


@given(
    st.sets(st.sampled_from([ANN, BOB])), st.lists(st.tuples(st.sampled_from([ANN, BOB, CYS]), st.sampled_from(FIVE)))
)
def test_P13_what_is_owed_is_what_has_not_come(customers: set[UUID], come: list[tuple[UUID, str]]) -> None:
    """However often a receipt comes, and whoever else's."""
    missing = owed(customers, [receipt_of(*pair) for pair in come])
    assert len(missing) == len(set(missing))
    assert set(missing) == {(id, service) for id in customers for service in FIVE} - set(come)
