"""Random lives of heads of groups, folded from sorted facts, equal the brute force (P2, T10). No database: many lives.

What is drawn is who ordered what when, what came back, who joined and left whom, and reviews; the product's fold is
given the facts as they are loaded for a head.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.indicators.domain.group_history import GroupChange, group_history
from services.tiering_svc.indicators.domain.order import Order, Reversal
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyActivation, PolicyTimeline
from services.tiering_svc.tiers.domain.tier_life import TierLife, tier_life
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline, TimedReversal
from tests.tiering_svc.shorthand import bands_document, policy_of
from tests.tiering_svc.tiers import group_oracle
from tests.tiering_svc.tiers.group_oracle import GroupFacts
from tests.tiering_svc.tiers.tier_life_oracle import Row, Watch

HEAD, SUB, LEAF = (UUID(int=number) for number in (1, 2, 3))
CUSTOMERS = (HEAD, SUB, LEAF)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST_DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
BANDS = (("silver", "200"), ("gold", "500"), ("platinum", "900"))
TOGETHER = {"groups": "together"}
POLICIES: list[dict[str, Any]] = [
    bands_document(*BANDS, lowest="basic", months=12, grace_months=1) | TOGETHER,
    bands_document(*BANDS, lowest="basic", months=1, grace_months=0) | TOGETHER,
    bands_document(*BANDS, lowest="basic", months=2, grace_months=1, keep_months=2) | TOGETHER,
    bands_document(*BANDS, lowest="basic", months=2, grace_months=0, up_at_once=False) | TOGETHER,
    bands_document(("vip", "150"), lowest="normal", months=3) | {"indicator": "average_order"} | TOGETHER,
    bands_document(*BANDS, lowest="basic", months=2, grace_months=0),
]


class Happened(NamedTuple):
    kind: str
    whose: int
    size: int
    day: int


EVERYTHING = st.lists(
    st.builds(
        Happened, st.sampled_from(["order"] * 4 + ["back"] * 2 + ["group"] * 3 + ["review"] * 2 + ["policy"]),
        st.integers(0, 2), st.integers(1, 24), st.integers(0, 150),
    ), min_size=2, max_size=14,
)  # fmt: skip


def facts_of(happened: Sequence[Happened], policy: int) -> GroupFacts:
    """The first policy was always in force. A customer is below one that comes before it, or below nobody."""
    facts = GroupFacts(POLICIES[policy], head=HEAD, activations=[{"at": BEGINNING, "policy": POLICIES[policy]}])
    facts.first_known = BEGINNING
    left: dict[UUID, int] = {}
    for number, (kind, whose, size, day) in enumerate(happened, 1):
        at, identity = FIRST_DAY + day * DAY, UUID(int=100 + number)
        if kind == "order":
            left[identity] = 4
            facts.orders.append(
                {"id": identity, "placed_at": at, "amount": Decimal(40 * size), "quantity": 4, "cost": None,
                 "customer": CUSTOMERS[whose]}
            )  # fmt: skip
        elif kind == "back" and facts.orders:
            order = facts.orders[size % len(facts.orders)]
            if pieces := min(left[order["id"]], 4 if whose else 1 + size % 4):
                left[order["id"]] -= pieces
                facts.reversals.append(
                    {"id": identity, "order": order["id"], "at": at, "quantity": pieces,
                     "amount": order["amount"] * pieces / 4}
                )  # fmt: skip
        elif kind == "group":
            mover = CUSTOMERS[1 + whose % 2]
            parents = [None, *CUSTOMERS[: CUSTOMERS.index(mover)]]
            change = {"customer": mover, "since": at, "parent": parents[size % len(parents)]}
            if all((c["customer"], c["since"]) != (mover, at) for c in facts.changes):
                facts.changes.append(change)
        elif kind == "review" and all(review["as_of"] != at for review in facts.reviews):
            facts.reviews.append({"as_of": at, "policy": None, "cutoffs": None})
        elif kind == "policy" and all(activation["at"] != at for activation in facts.activations):
            facts.activations.append({"at": at, "policy": POLICIES[size % len(POLICIES)]})
    facts.activations.sort(key=lambda activation: activation["at"])
    facts.reviews.sort(key=lambda review: review["as_of"])
    for review in facts.reviews:
        review["policy"] = [a["policy"] for a in facts.activations if a["at"] <= review["as_of"]][-1]
    return facts


def folded(facts: GroupFacts, head: UUID) -> TierLife:
    orders = [
        Order(o["id"], o["placed_at"], month_of(o["placed_at"], UTC), o["amount"], None, o["quantity"])
        for o in sorted(facts.orders, key=lambda o: (o["placed_at"], o["id"]))
    ]
    placed_at = {order.order_id: order.placed_at for order in orders}
    buyers = {o["id"]: o["customer"] for o in facts.orders if o["customer"] != head}
    reversals = [
        TimedReversal(
            max(r["at"], placed_at[r["order"]]), r["id"],
            Reversal(r["order"], placed_at[r["order"]], r["amount"], None, r["quantity"]),
        )
        for r in facts.reversals
    ]  # fmt: skip
    group = group_history(head, [GroupChange(c["customer"], c["since"], c["parent"]) for c in facts.changes])
    timeline = CustomerTimeline(head, BEGINNING, orders, sorted(reversals), group=group, buyers=buyers)
    policies = PolicyTimeline(
        [PolicyActivation(a["at"], policy_of(a["policy"], version=n)) for n, a in enumerate(facts.activations, 1)],
        [
            AppliedReview(r["as_of"], UUID(int=number), policy_of(r["policy"]))
            for number, r in enumerate(facts.reviews, 1)
        ],
    )
    return tier_life(timeline, policies, END, UTC)


@settings(max_examples=150, deadline=None)
@given(EVERYTHING, st.integers(0, len(POLICIES) - 1))
def test_P2_T10_the_life_of_everybody_equals_the_brute_force(happened: list[Happened], policy: int) -> None:
    facts = facts_of(happened, policy)
    for customer in CUSTOMERS:
        facts.head = customer
        life = folded(facts, customer)
        rows = [Row(row.effective_from, row.tier, row.kind, row.previous_tier) for row in life.rows]
        assert rows == group_oracle.history(facts)
        standing = life.standing
        assert group_oracle.watch(facts) == Watch(standing.below_since, standing.grace_until, standing.retained_until)
        assert list(group_members(facts, customer)) == sorted(group_oracle.members_at(facts, END))


def group_members(facts: GroupFacts, head: UUID) -> Sequence[UUID]:
    changes = [GroupChange(c["customer"], c["since"], c["parent"]) for c in facts.changes]
    return sorted(group_history(head, changes).members_at(END))
