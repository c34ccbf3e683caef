"""The generated Python client in use: a customer is opened, found, buys, and stands in the pyramid."""

import sys
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from patron_client import AuthenticatedClient  # type: ignore[import-not-found]
from patron_client.api.customers import find_customers, open_customer  # type: ignore[import-not-found]
from patron_client.api.orders import list_orders_of_a_customer, report_order  # type: ignore[import-not-found]
from patron_client.api.pyramid import show_pyramid  # type: ignore[import-not-found]
from patron_client.api.tiers import show_tier  # type: ignore[import-not-found]
from patron_client.models import (  # type: ignore[import-not-found]
    CustomerAddress,
    CustomerCreate,
    CustomerCreateKind,
    NameEntry,
    OrderCreate,
    OrderLineCreate,
    Problem,
)

T = TypeVar("T")


def well(answer: T | Problem | None) -> T:
    """The answer, when it is no problem."""
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"not answered: {answer}")
    return answer


def main(url: str, token: str) -> None:
    with AuthenticatedClient(base_url=url, token=token) as client:
        file = CustomerCreate(kind=CustomerCreateKind.ORGANISATION, names=[NameEntry(name="Ember & Oak")])
        customer = well(open_customer.sync(client=client, body=file))
        matches = well(find_customers.sync(client=client, q="Ember"))
        assert customer.id in [summary.id for summary in matches.items]
        order = OrderCreate(
            order_id=f"order-{uuid4()}", customer=CustomerAddress(id=customer.id), placed_at=datetime.now(UTC),
            currency="USD", channel="web",
            lines=[OrderLineCreate(line=1, sku="tea", category="drinks", quantity=2, amount="19.90")],
        )  # fmt: skip
        accepted = well(report_order.sync(client=client, body=order))
        orders = well(list_orders_of_a_customer.sync(customer.id, client=client))
        assert [listed.id for listed in orders.items] == [accepted.id]
        levels = well(show_pyramid.sync(client=client)).levels
        assert levels
        refused = show_tier.sync(uuid4(), client=client)
        assert isinstance(refused, Problem)
        assert refused.code == "customer_not_found"
        print(f"Python: opened {customer.id}, found it, one order, {len(levels)} levels of the pyramid")


if __name__ == "__main__":
    main(*sys.argv[1:])
