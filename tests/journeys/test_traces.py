"""One trace, from a request at the gateway to what it leads to two services away."""

import re
from typing import Any

import structlog
from structlog.testing import capture_logs

from shared.chassis.observability.logs import write_where
from shared.messaging.tracing import Span, SpanCollector
from tests.journeys.caller import Caller, ago, new_code
from tests.system import System

TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


async def events_of(system: System, service: str, types: str) -> list[tuple[str, str]]:
    """(type, trace id) of the events of a service whose type begins so, in order."""
    rows = await system.databases[service].run(
        lambda tx: tx.raw.fetch(
            "select type, traceparent from outbox where type like $1 || '%' order by position", types
        )
    )
    assert all(row["traceparent"] is None or TRACEPARENT.fullmatch(row["traceparent"]) for row in rows)
    return [(row["type"], row["traceparent"][3:35]) for row in rows if row["traceparent"] is not None]


async def test_a_trace_begun_by_the_caller_reaches_the_tier_and_the_points_of_its_order(
    system: System, admin: Caller
) -> None:
    """The order is intake's, the tier is tiering's; the points are loyalty's, and more of them follow from the tier."""
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    spans: list[Span] = []
    SpanCollector.collect = spans.append
    try:
        with capture_logs(processors=[write_where]) as lines:
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(10))
            order = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
            lines_before = len(lines)
            await admin.post(
                "/v1/orders",
                {
                    "order_id": new_code("o"), "customer": {"source": "patron", "ref": new_code("c")},
                    "placed_at": ago(minutes=5), "currency": "USD", "channel": "web",
                    "lines": [{"line": 1, "sku": "s", "category": "tea", "quantity": 1, "amount": "900.00"}],
                },
                status=202,
                **order,
            )  # fmt: skip
            await admin.settle()
    finally:
        SpanCollector.collect = None
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    placed = await events_of(system, "gateway", "intake.order_placed")
    assert placed[-1] == ("intake.order_placed.v1", trace_id)
    tiers = await events_of(system, "tiering", "tiering.tier_changed")
    assert tiers[-1] == ("tiering.tier_changed.v1", trace_id)
    points = await events_of(system, "loyalty", "loyalty.points_posted")
    assert points[-1] == ("loyalty.points_posted.v1", trace_id)
    handled = {line["type"] for line in lines[lines_before:] if line["event"] == "events_handled" and
               line.get("trace_id") == trace_id}  # fmt: skip
    assert {"intake.order_placed.v1", "tiering.tier_changed.v1"} <= handled
    of_trace = [span for span in spans if span.traceparent[3:35] == trace_id]
    assert {span.kind for span in of_trace} == {"server", "consumer", "producer"}
    [request] = [span for span in of_trace if span.kind == "server" and span.parent == order["traceparent"]]
    assert request.name == "POST /v1/orders"
    assert {"handle intake.order_placed.v1", "handle tiering.tier_changed.v1"} <= {span.name for span in of_trace}
    assert all(span.began_at <= span.ended_at and not span.failed for span in of_trace)


async def test_where_none_came_the_gateway_begins_a_trace_that_profile_and_complaint_share(
    system: System, admin: Caller, sign_in: Any
) -> None:
    file = {"kind": "person", "names": [{"name": "Ann"}], "emails": [{"address": f"{new_code('t')}@example.com"}]}
    customer = (await admin.post("/v1/customers", file))["id"]
    await admin.settle()
    case = {"channel": "call", "category": "x", "what_happened": "Late.", "request": "Soon."}
    case_id = (await admin.post("/v1/complaints", case | {"customer": {"id": customer}}, traceparent="nonsense"))["id"]
    await admin.post(f"/v1/complaints/{case_id}/acknowledgement", {})
    await admin.settle()
    [_, filed] = (await events_of(system, "complaint", "complaint.complaint_filed"))[-1]
    [_, acknowledged] = (await events_of(system, "complaint", "complaint.complaint_acknowledged"))[-1]
    [_, requested] = (await events_of(system, "profile", "profile.message_requested"))[-1]
    assert acknowledged == requested  # complaint's request, heard by profile, which announces the message
    assert filed != acknowledged
