"""Points move to another customer with their expiry (L1)."""

from uuid import UUID, uuid4

import httpx

from services.loyalty_svc.ledger.domain.wallet import Wallet
from shared.messaging import Database
from tests.loyalty_svc.builders import because, day, ids, lot, wallet
from tests.loyalty_svc.invariants import balances_of, broken_invariants
from tests.loyalty_svc.support import ANNA, BERT, POINTS, Earn, balances, post, problem_of

SERVICE = "loyalty"


def test_L1_transfer_moves_points_with_their_expiry() -> None:
    giver, taker = wallet(), Wallet(UUID(int=8), new_id=ids(5_000))
    giver.earn(10, lot(expires=5), because())
    giver.earn(20, lot(expires=60), because())
    out, parts = giver.transfer(25, day(1), because())
    into = taker.receive_transfer(parts, because())
    assert (out.points, into.points) == (-25, 25)
    assert dict(out.postings)["transferred"] + dict(into.postings)["transferred"] == 0
    assert [(piece.remaining, piece.expires_at) for piece in taker.lots.values()] == [(10, day(5)), (15, day(60))]
    assert balances(giver) == (5, 0, 0)


async def test_L1_points_move_to_another_customer(client: httpx.AsyncClient, database: Database, earn: Earn) -> None:
    await earn("100.00")
    await earn("5.00", BERT)
    body = {"to": str(BERT), "points": 60, "reason": "one family"}
    assert (await post(client, f"{POINTS}/transfers", body)).json()["points"] == -60
    assert (await balances_of(database, ANNA), await balances_of(database, BERT)) == ((40, 0, 0), (65, 0, 0))
    assert problem_of(await post(client, f"{POINTS}/transfers", body | {"to": str(ANNA)})) == (422, "same_customer")
    assert problem_of(await post(client, f"{POINTS}/transfers", body | {"to": str(uuid4())})) == (
        404,
        "customer_not_found",
    )
    assert await broken_invariants(database) == {}
