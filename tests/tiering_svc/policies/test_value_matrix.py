"""The value matrix (T4): two axes of four views each; the cell gives the tier, and the way up is tried out (T9)."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiering_svc.indicators.domain.figures import Figures
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.defaults import DEFAULT_POLICIES
from services.tiering_svc.policies.domain.value_matrix import NOTHING_KNOWN
from services.tiering_svc.tiers.domain.explanation import next_tier, reasons_of
from services.tiering_svc.tiers.texts import write_explanation
from shared.errors import DomainError
from tests.tiering_svc.policy_documents import known, matrix
from tests.tiering_svc.shorthand import UTC, at, bands_document, policy_of

POLICY = policy_of(matrix())
MARCH = date(2026, 3, 1)


def axis_by_hand(values: list[int | None]) -> Decimal | None:
    """Views of equal weight; of those that are not known the others take the place."""
    points = [min(max(Decimal(value), Decimal(0)), Decimal(1000)) / 10 for value in values if value is not None]
    return sum(points, Decimal(0)) / len(points) if points else None


amounts = st.none() | st.integers(0, 1200)


@given(amounts, amounts, st.none() | st.integers(0, 1200), st.integers(0, 1200))
def test_T4_the_cell_of_both_scores_gives_the_tier(margin, complaints, amount, orders):
    snapshot = known(
        None if amount is None else str(amount), None if margin is None else str(margin), complaints=complaints,
        orders=orders,
    )  # fmt: skip
    bought = amount if amount is not None and orders else None
    present = axis_by_hand([margin, complaints, bought])
    potential = axis_by_hand([margin, complaints, orders if amount is not None else 0])
    grading = POLICY.assess(snapshot)
    for total, by_hand in ((grading.cell.present.total, present), (grading.cell.potential.total, potential)):
        assert (total is None) == (by_hand is None)
        if total is not None:
            assert abs(total - by_hand) < Decimal("0.001")
    if all(total is None or abs(total - 50) > Decimal("0.01") for total in (present, potential)):
        high = tuple((total or 0) > 50 for total in (present, potential))
        assert grading.rank == {(False, False): 0, (False, True): 1, (True, False): 2, (True, True): 3}[high]


def test_T4_each_view_counts_with_its_weight():
    document = matrix()
    for view, weight in zip(document["matrix"]["present"]["views"], ("70", "10", "10", "10"), strict=True):
        view["weight"] = weight
    grading = policy_of(document).assess(known("0", "1000", complaints=0))
    assert grading.cell.present.total == Decimal("77.7778")  # (70 x 100 + 0 + 0) / 90, contacts not being known


def test_T9_the_ways_to_the_next_tier_lead_there():
    document = matrix()
    document["matrix"]["cells"][1]["tier"] = "gold"  # low x high as good as high x low: two ways to gold
    policy = policy_of(document)
    snapshot = known("300", "300", complaints=300, orders=300)
    grading = policy.assess(snapshot)
    step = next_tier(policy, grading, grading.rank, {}, MARCH)
    assert (step["code"], len(step["ways"])) == ("gold", 2)
    assert [(way["present"]["missing"], way["potential"]["missing"]) for way in step["ways"]] == [
        ("0", "20"), ("20", "0")
    ]  # fmt: skip
    reasons = reasons_of(policy, snapshot, MARCH, 0, trigger="review")
    words = write_explanation("first", reasons, at(1), "en", zone=UTC, currency="USD")
    assert "For Gold, 20 points of potential value or 20 points of present value is missing." in words
    assert "距gold级还差潜在价值20分，或当前价值20分。" in write_explanation(
        "first", reasons, at(1), "zh", zone=UTC, currency="USD"
    )


def test_T9_the_views_and_their_indicators_are_part_of_the_reasons():
    reasons = reasons_of(POLICY, known("900", "500", complaints=0), MARCH, 0, trigger="review")
    views = {view["view"]: view for view in reasons["axes"]["present"]["views"]}
    assert {view: view_reasons["total"] for view, view_reasons in views.items()} == {
        "finance": "50", "service": "0", "customer": None, "sales": "90"
    }  # fmt: skip
    assert views["customer"]["items"][0]["unknown"] == "skip"
    assert reasons["cell"] == {"present": "low", "potential": "low", "tier": "lead"}
    assert "customer unknown" in write_explanation("first", reasons, at(1), "en", zone=UTC, currency="USD")


def test_T4_the_shipped_matrix_tells_all_four_levels_apart():
    policy = policy_of(next(s.document for s in DEFAULT_POLICIES if s.document["kind"] == "matrix"))
    assert (policy.matrix.present.most, policy.matrix.potential.most) == (100, 100)
    assert set(policy.matrix.ranks.values()) == {0, 1, 2, 3}
    assert policy.classes == {"transaction", "finance", "contact", "profile"}
    ranks = [[policy.matrix.ranks[i, j] for j in range(3)] for i in range(3)]
    for i, j in product(range(2), repeat=2):
        assert ranks[i][j] <= ranks[i + 1][j]
        assert ranks[i][j] <= ranks[i][j + 1]


def changed(*path, to):
    document = deepcopy(matrix())
    inside = document["matrix"]
    for step in path[:-1]:
        inside = inside[step]
    if to is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = to
    return document


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (changed("cells", 3, to=None), "cells_missing", "/document/matrix/cells"),
        (changed("cells", 3, to=matrix()["matrix"]["cells"][0]), "cell_twice", "/document/matrix/cells/3"),
        (changed("cells", 0, "tier", to="tin"), "unknown_tier", "/document/matrix/cells/0/tier"),
        (changed("cells", 0, "present", to="vast"), "unknown_class", "/document/matrix/cells/0/present"),
        (changed("cells", 3, "tier", to="iron"), "cell_lower", "/document/matrix/cells/3/tier"),
        (changed("present", "views", 3, to=None), "view_missing", "/document/matrix/present/views"),
        (changed("present", "views", 3, "view", to="finance"), "view_twice", "/document/matrix/present/views/3/view"),
        (changed("present", "views", 3, "view", to="moon"), "unknown_view", "/document/matrix/present/views/3/view"),
        (changed("potential", "views", 0, "weight", to="20"), "weights_do_not_add_up",
         "/document/matrix/potential/views"),
        (changed("potential", "views", 0, "items", to=[]), "no_items", "/document/matrix/potential/views/0/items"),
        (changed("potential", "views", 0, "items", 0, "indicator", to="mood"), "unknown_indicator",
         "/document/matrix/potential/views/0/items/0/indicator"),
        (changed("potential", "classes", 1, "from", to="101"), "out_of_reach",
         "/document/matrix/potential/classes/1/from"),
        (changed("potential", "classes", 1, "code", to="low"), "duplicate_class",
         "/document/matrix/potential/classes/1/code"),
        (changed("potential", "classes", 1, to=None), "too_few_classes", "/document/matrix/potential/classes"),
        (changed("potential", "classes", 1, "from", to=None), "class_without_beginning",
         "/document/matrix/potential/classes/1/from"),
    ],
)  # fmt: skip
def test_T4_a_wrong_matrix_is_refused_at_the_field(document, code, pointer):
    with pytest.raises(DomainError) as refused:
        policy_of(document)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


# --- prospects ---


def on_potential(**more):
    """A matrix whose potential value looks at the file, at suggestions and at the size of the group."""
    document = matrix() | more
    indicators = ("annual_sales", "suggestions", "group_size", "income")
    for view, indicator in zip(document["matrix"]["potential"]["views"], indicators, strict=True):
        view["items"][0]["indicator"] = indicator
    return policy_of(document)


def prospect(**traits) -> CustomerSnapshot:
    """Somebody without orders, of whose contacts and group everything was loaded."""
    return CustomerSnapshot(
        Figures(), at(31), MARCH, 12, contacts=replace(NOTHING_KNOWN.contacts),
        traits=replace(NOTHING_KNOWN.traits, **traits),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("traits", "known_potential"),
    [
        ({}, False),
        ({"kind": "organisation", "completeness": 80}, False),  # the policy does not look at it
        ({"group_size": 4}, True),
        ({"annual_sales": Decimal(0)}, True),  # somebody said so
        ({"annual_sales": Decimal("9000000")}, True),
        ({"income_band": "100K+"}, True),
        ({"income_band": "middle"}, False),
    ],
)
def test_T4_a_prospect_is_placed_where_its_potential_is_known_and_the_policy_says_so(traits, known_potential):
    assert on_potential(prospects="placed").can_place_prospect(prospect(**traits)) is known_potential
    for left_out in (on_potential(), on_potential(prospects="left_out")):
        assert not left_out.places_prospects
        assert not left_out.can_place_prospect(prospect(**traits))


def test_T4_a_suggestion_says_something_of_a_prospect():
    suggested = prospect()
    suggested = replace(suggested, contacts=replace(suggested.contacts, suggestions=1))
    assert on_potential(prospects="placed").can_place_prospect(suggested)
    assert on_potential(prospects="placed").assess(prospect(annual_sales=Decimal("9000"), income_band="5M")).rank == 1


def test_T4_only_a_matrix_places_prospects():
    with pytest.raises(DomainError) as refused:
        policy_of(bands_document(("gold", "550")) | {"prospects": "placed"})
    assert (refused.value.code, refused.value.pointer) == ("not_of_this_kind", "/document/prospects")
