"""What one person may give is counted together, over proposals, reopenings, cases and customers (C5, K24)."""

import asyncio
from uuid import UUID, uuid4

import pytest

from services.complaint_svc.subscriptions import subscriptions
from shared.events import ComplaintResolved
from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.remedies.case_persons import CaseDesk

SERVICE = "complaint"
OTHERS = [UUID(int=0xC0 + number) for number in range(8)]


@pytest.fixture
async def desk(client, database, deliver, as_role) -> CaseDesk:
    await deliver(database, subscriptions, [registered(customer) for customer in (CUSTOMER, *OTHERS)])
    return CaseDesk(client, as_role)


async def granted(announced) -> int:
    """Points of all settlements that were carried out."""
    return sum(event.points for event in await announced() if isinstance(event, ComplaintResolved))


async def test_K24_an_agent_that_settles_and_reopens_stops_at_what_it_may_give(desk, announced) -> None:
    case = await desk.judged()
    assert (await desk.propose(case, 400)).status_code == 201
    assert (await desk.carry_out(case)).status_code == 201
    await desk.reopen(case)
    assert (await desk.propose(case, 100)).status_code == 201, "the rest of what it may give"
    assert (await desk.carry_out(case)).status_code == 201
    await desk.reopen(case)
    waiting = await desk.propose(case, 1)
    assert waiting.status_code == 202, waiting.text
    [request] = waiting.json()["approvals"]
    assert (request["state"], request["points"], request["limits_reached"]) == ("pending", 1, ["case", "customer"])
    refused = await desk.carry_out(case)
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_required")
    assert await granted(announced) == 500
    approved = await desk.post(case, f"proposals/{request['id']}/approval", role="manager", by="max")
    assert approved.status_code == 201, approved.text
    assert (approved.json()["status"], approved.json()["proposals"][-1]["approved_by"]) == ("proposed", "max")
    assert (await desk.carry_out(case)).status_code == 201
    assert await granted(announced) == 501


async def test_K24_several_cases_of_one_customer_are_one_sum(desk, announced) -> None:
    for _ in range(5):
        case = await desk.judged()
        if (await desk.propose(case, 100)).status_code == 201:
            await desk.carry_out(case)
    case = await desk.judged()
    assert (await desk.propose(case, 1)).json()["approvals"][0]["limits_reached"] == ["customer"]
    by_another = await desk.propose(await desk.judged(), 1, by="ben")
    assert by_another.status_code == 202, "another of the same role may not give it a second time"
    assert await granted(announced) == 500


async def test_K24_several_customers_a_day_are_one_sum_of_the_person(desk, announced) -> None:
    answers = []
    for customer in OTHERS:
        case = await desk.judged(customer)
        answers.append((await desk.propose(case, 500)).status_code)
        await desk.carry_out(case)
    assert answers == [201] * 5 + [202] * 3
    assert await granted(announced) == 2_500


async def test_K24_money_counts_as_points_do(desk) -> None:
    case = await desk.judged()
    assert (await desk.propose(case, amount="50.00")).status_code == 201
    again = await desk.judged()
    reached = (await desk.propose(again, amount="0.01")).json()["approvals"]
    assert [request["limits_reached"] for request in reached] == [["customer"]]


async def test_K24_what_the_customer_refused_is_free_again(desk) -> None:
    case = await desk.judged()
    assert (await desk.propose(case, 500)).status_code == 201
    assert (await desk.post(case, "acceptance", {"accepted": False})).status_code == 201
    assert (await desk.propose(case, 500)).status_code == 201


async def test_K24_an_offer_that_waits_for_its_answer_is_counted(desk) -> None:
    assert (await desk.propose(await desk.judged(), 500)).status_code == 201
    assert (await desk.propose(await desk.judged(), 500)).status_code == 202


async def test_K24_two_proposals_at_once_do_not_both_pass(desk) -> None:
    cases = [await desk.judged() for _ in range(6)]
    answers = await asyncio.gather(*(desk.propose(case, 300) for case in cases))
    assert sorted(answer.status_code for answer in answers) == [201] + [202] * 5


async def test_K24_a_head_does_not_give_what_it_likes_through_a_case(desk) -> None:
    case = await desk.judged()
    absurd = await desk.propose(case, 100_000_000, role="head", by="hugo")
    assert absurd.status_code == 422, "no points number is that great"
    waiting = await desk.propose(case, 10_000_000, role="head", by="hugo")
    assert waiting.status_code == 202
    proposal = waiting.json()["approvals"][0]["id"]
    own = await desk.post(case, f"proposals/{proposal}/approval", role="admin", by="hugo")
    assert (own.status_code, own.json()["code"]) == (403, "own_approval"), "another role is not another person"
    same = await desk.post(case, f"proposals/{proposal}/approval", role="admin", by=" HUGO")
    assert (same.status_code, same.json()["code"]) == (403, "own_approval"), "nor another spelling"
    small = await desk.post(case, f"proposals/{proposal}/approval", role="manager", by="max")
    assert (small.status_code, small.json()["code"]) == (403, "above_authority")
    assert (await desk.post(case, f"proposals/{proposal}/approval", role="head", by="hanna")).status_code == 201


async def test_K24_two_people_do_not_approve_each_other_within_a_case(desk) -> None:
    case = await desk.judged()
    first = (await desk.propose(case, 6_000, role="manager", by="ann")).json()["approvals"][0]["id"]
    assert (await desk.post(case, f"proposals/{first}/approval", role="head", by="bob")).status_code == 201
    await desk.carry_out(case)
    await desk.reopen(case)
    second = (await desk.propose(case, 30_000, role="head", by="bob")).json()["approvals"][-1]["id"]
    ring = await desk.post(case, f"proposals/{second}/approval", role="head", by="ann")
    assert (ring.status_code, ring.json()["code"]) == (403, "took_part")
    assert (await desk.post(case, f"proposals/{second}/approval", role="head", by="carl")).status_code == 201


async def test_K24_what_waits_can_be_rejected_or_withdrawn_and_is_decided_once(desk) -> None:
    case = await desk.judged()
    request = (await desk.propose(case, 600)).json()["approvals"][0]["id"]
    beside = await desk.propose(case, 10)
    assert (beside.status_code, beside.json()["code"]) == (409, "approval_pending")
    withdrawn = await desk.post(case, f"proposals/{request}/rejection", {"note": "too much"})
    assert withdrawn.status_code == 201
    assert [a["state"] for a in withdrawn.json()["approvals"]] == ["rejected"]
    late = await desk.post(case, f"proposals/{request}/approval", role="manager", by="max")
    assert (late.status_code, late.json()["code"]) == (409, "approval_not_pending")
    missing = await desk.post(case, f"proposals/{uuid4()}/approval", role="manager", by="max")
    assert (missing.status_code, missing.json()["code"]) == (404, "approval_not_found")
    assert (await desk.propose(case, 10)).status_code == 201


async def test_K24_cases_of_nobody_known_are_not_a_way_around(desk, announced) -> None:
    """Identified later they are the customer's all the same: beyond the limit somebody with more authority does it."""
    cases = []
    for _ in range(2):
        case = await desk.judged(None)
        assert (await desk.propose(case, 400)).status_code == 201
        await desk.carry_out(case)
        cases.append(case)
    to = {"customer_id": str(CUSTOMER)}
    assert (await desk.post(cases[0], "identification", to)).status_code == 201
    refused = await desk.post(cases[1], "identification", to)
    assert (refused.status_code, refused.json()["code"]) == (403, "above_authority")
    assert (await desk.post(cases[1], "identification", to, role="manager", by="max")).status_code == 201


async def test_K24_what_waits_is_found_and_a_partner_sees_nothing_of_it(desk, as_role) -> None:
    case = await desk.judged()
    await desk.propose(case, 600)
    await desk.judged()
    waiting = await desk.client.get("/v1/complaints", params={"awaits_approval": True})
    assert [item["id"] for item in waiting.json()["items"]] == [case]
    others = await desk.client.get("/v1/complaints", params={"awaits_approval": False})
    assert case not in [item["id"] for item in others.json()["items"]]
