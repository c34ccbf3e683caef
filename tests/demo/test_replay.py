"""The replay against a gateway that only remembers: order of time, months, one review each, going on where it was."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from deploy.demo import staff
from deploy.demo.complaints import case_steps, filing_body
from deploy.demo.customers import for_each_concurrently
from deploy.demo.dates import weeks_to_move
from deploy.demo.gateway import RequestRefused
from deploy.demo.progress import ProgressLine
from deploy.demo.purchases import Purchases
from deploy.demo.quiescence import list_pending_work
from deploy.demo.replay import LANES, Replay, ReviewNotApplied
from deploy.demo.state import DemoState
from deploy.demo.synthetic import draw_complaints

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class RecordingGateway:
    """Takes everything, keeps the order in which it came, answers the same for the same."""

    def __init__(self, fail_at: int = -1) -> None:
        self.requests: list[tuple[str, Mapping[str, Any]]] = []
        self.orders: list[dict[str, Any]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.fail_at = fail_at
        self.review_ends = True

    async def post_orders(self, ndjson: bytes) -> list[dict[str, Any]]:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        orders = [json.loads(line) for line in ndjson.splitlines()]
        if 0 <= self.fail_at <= len(self.orders):
            raise RuntimeError("the power went")
        self.orders += orders
        self.in_flight -= 1
        return [
            {"status": 202, "id": f"id-{o['order_id']}", "customer_id": f"c-{o['customer']['ref']}"} for o in orders
        ]

    async def post_files(self, ndjson: bytes) -> list[str]:
        await asyncio.sleep(0)
        files = [json.loads(line) for line in ndjson.splitlines()]
        self.requests += [("/v1/customers:batch", file) for file in files]
        return [f"c-{file['reference']['ref']}" for file in files]

    async def post(self, path: str, body: Mapping[str, Any], **_: Any) -> Any:
        self.requests.append((path, body))
        await asyncio.sleep(0)
        if path == "/v1/employees":
            raise RequestRefused("an employee", 409, b"{}")
        finished = NOW if self.review_ends else None
        return {"id": f"run-{body.get('as_of', '')}", "finished_at": finished, "status": "x", "result": "x"}

    async def get(self, path: str, **_: str) -> Any:
        return {"id": "run", "finished_at": None, "status": "waiting"}

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@pytest.fixture
def state(purchases: Purchases) -> DemoState:
    return DemoState(weeks=weeks_to_move(int(purchases.placed_at[-1]), NOW))


async def run(
    purchases, state, tmp_path, sample_size: int, gateway: RecordingGateway | None = None
) -> RecordingGateway:
    gateway = gateway or RecordingGateway()
    replay = Replay(gateway, tmp_path, state, purchases, sample_size, NOW)  # type: ignore[arg-type]
    await replay.run(ProgressLine(Console(quiet=True), replay.orders_to_send(), "orders"))
    return gateway


async def test_every_order_of_the_sample_is_sent_and_each_households_in_order_of_time(purchases, state, tmp_path):
    replay = Replay(RecordingGateway(), tmp_path, state, purchases, 20, NOW)  # type: ignore[arg-type]
    gateway = await run(purchases, state, tmp_path, 20)
    first_sent = {order["order_id"]: order for order in reversed(gateway.orders)}
    assert len(first_sent) == sum(replay.rank < 20)
    times = defaultdict(list)
    seen = set()
    for order in gateway.orders:
        if order["order_id"] not in seen:
            seen.add(order["order_id"])
            times[order["customer"]["ref"]].append(order["placed_at"])
    assert len(times) == 20
    assert all(placed == sorted(placed) for placed in times.values())
    assert 1 < gateway.most_in_flight <= LANES + 8


async def test_a_month_is_reviewed_before_the_next_one_begins(purchases, state, tmp_path):
    gateway = RecordingGateway()
    marks: list[tuple[str, str]] = []
    post, post_orders = gateway.post, gateway.post_orders

    async def noted(path: str, body: Mapping[str, Any], **more: Any) -> Any:
        if path == "/v1/evaluations":
            marks.append(("review", body["as_of"]))
        return await post(path, body, **more)

    async def noted_orders(ndjson: bytes) -> Any:
        new = [o for o in map(json.loads, ndjson.splitlines()) if o["order_id"] not in known]
        known.update(order["order_id"] for order in new)
        marks.extend(("order", order["placed_at"]) for order in new)
        return await post_orders(ndjson)

    known: set[str] = set()
    gateway.post, gateway.post_orders = noted, noted_orders  # type: ignore[method-assign]
    await run(purchases, state, tmp_path, 8, gateway)
    reviews = [at for kind, at in marks if kind == "review"]
    assert len(reviews) == 12
    assert reviews == sorted(reviews)
    reviewed = ""
    for kind, at in marks:
        assert at >= reviewed  # nothing of a month that was reviewed comes after its review
        reviewed = at if kind == "review" else reviewed


async def test_running_again_sends_nothing_new(purchases, state, tmp_path):
    await run(purchases, state, tmp_path, 12)
    again = await run(purchases, DemoState.read(tmp_path), tmp_path, 12)
    assert again.orders == []
    assert again.requests == []


async def test_a_sample_grows_by_the_households_that_are_missing(purchases, state, tmp_path):
    await run(purchases, state, tmp_path, 5)
    more = await run(purchases, DemoState.read(tmp_path), tmp_path, 9)
    files = [body["reference"]["ref"] for path, body in more.requests if path == "/v1/customers:batch"]
    assert len(set(files[:4])) == 4
    assert len(files) == 5  # the largest is asked for once more, to learn its customer's id
    assert "/v1/evaluations" not in more.paths()  # those were applied already
    assert {order["customer"]["ref"] for order in more.orders} >= set(files[:4])


async def test_a_run_that_was_cut_short_goes_on(purchases, state, tmp_path):
    with pytest.raises(BaseExceptionGroup):
        await run(purchases, state, tmp_path, 12, RecordingGateway(fail_at=300))
    kept = DemoState.read(tmp_path) or state
    gateway = await run(purchases, kept, tmp_path, 12)
    assert gateway.orders
    assert set(DemoState.read(tmp_path).households.values()) == {12}


async def test_a_review_that_never_ends_is_said(purchases, state, tmp_path, monkeypatch):
    monkeypatch.setattr("deploy.demo.replay.REVIEW_SECONDS", 0.05)
    gateway = RecordingGateway()
    gateway.review_ends = False
    with pytest.raises(ReviewNotApplied, match="still waiting"):
        await run(purchases, state, tmp_path, 3, gateway)


async def test_what_comes_back_was_accepted_before_and_returns_are_told_in_their_month(purchases, state, tmp_path):
    gateway = await run(purchases, state, tmp_path, 60)
    returns = [(path, body) for path, body in gateway.requests if path.endswith("/returns")]
    assert returns
    sent = {f"/v1/orders/id-{order['order_id']}/returns": order for order in gateway.orders}
    for path, body in returns:
        assert body["returned_at"] > sent[path]["placed_at"]
        bought = {line["line"]: line["quantity"] for line in sent[path]["lines"]}
        assert all(0 < line["quantity"] <= bought[line["line"]] for line in body["lines"])
    assert len({body["return_id"] for _, body in returns}) == len(returns)


async def test_the_largest_get_a_manager_and_the_very_largest_a_sponsor(purchases, state, tmp_path):
    gateway = await run(purchases, state, tmp_path, 200)
    team = [(path, body["role"], body["employee_id"]) for path, body in gateway.requests if path.endswith("/team")]
    managers = [member for member in team if member[1] == "account_manager"]
    assert len(managers) == round(200 * staff.MANAGED_SHARE)
    assert len({path for path, _, _ in managers}) == len(managers)
    assert len([member for member in team if member[1] == "executive_sponsor"]) == staff.SPONSORED_CUSTOMERS


def test_the_steps_of_complaints_are_legal_and_go_forward_in_time(purchases):
    import numpy as np

    from services.complaint_svc.cases.domain.case import PATH

    names = {"proposals": "proposal"}
    for complaint in draw_complaints(purchases, np.arange(len(purchases)), 0, int(purchases.placed_at[-1])):
        status, at = "received", complaint.at
        for step in case_steps(complaint):
            name = names.get(step.path, step.path)
            outcome = {
                "judgement": lambda b: "valid" if b["valid"] else "invalid",
                "acceptance": lambda b: "accepted" if b["accepted"] else "refused",
                "follow-up": lambda b: "closed" if b["close"] else "open",
            }.get(name, lambda b: None)(step.body)
            assert step.at >= at
            status, at = PATH[status, name, outcome], step.at  # type: ignore[index]
        assert status == {
            "closed": "closed", "refused": "closed", "invalid": "closed", "settling": "proposed",
            "judged": "judged_valid", "received": "received",
        }[complaint.outcome]  # fmt: skip


def test_a_complaint_says_what_it_is_about(purchases):
    import numpy as np

    complaint = draw_complaints(purchases, np.arange(20_000), 0, int(purchases.placed_at[-1]))[0]
    body = filing_body(complaint, "customer", "31198570044", int(purchases.placed_at[complaint.basket]))
    assert body["about"] == {"order_id": "31198570044"}
    assert body["bought_at"] < body["filed_at"]


async def test_items_are_begun_in_their_order_and_no_more_at_once_than_said():
    begun, running, most = [], 0, 0

    async def act(item: int) -> None:
        nonlocal running, most
        begun.append(item)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    await for_each_concurrently(range(20), act, concurrency=3)
    assert begun == list(range(20))
    assert most == 3


def test_without_a_terminal_progress_is_plain_lines(capsys):
    console = Console(force_terminal=False, width=120)
    with ProgressLine(console, 200, "orders") as progress:
        progress.describe("2026-03: orders")
        progress.advance(50)
        assert "50 of 200 orders (25 %)" in progress.line()
        progress._printed_at = 0
        progress.advance(50)
    assert "2026-03: orders: 100 of 200 orders (50 %)" in capsys.readouterr().out


def test_what_is_still_on_its_way_is_said_in_words():
    status = {"outbox_depth": 0, "lag": {"patron.intake": 0}, "gaps": 0}
    assert list_pending_work("loyalty", status) == []
    busy = list_pending_work("loyalty", {"outbox_depth": 3, "lag": {"patron.intake": 1200}, "gaps": 1})
    assert busy == [
        "loyalty has 3 events to send", "loyalty has 1,200 messages to read", "loyalty pulls 1 streams",
    ]  # fmt: skip
    unknown = list_pending_work("loyalty", status | {"lag": {"patron.intake": -1, "patron.profile": 4}})
    assert unknown == ["loyalty does not read from the broker"], "an unknown lag is not none"
