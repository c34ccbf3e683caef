"""Who reads what a relationship type follows from (G1): margins are for who answers for results, the sizes of tiers for
the company; the type itself, by which a customer is looked after, for everybody who sees the customer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.tiering_svc.subscriptions import subscriptions
from shared.events import CustomerReferenceRegistered
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed

SERVICE = "tiering"
ANN, PARTNER = UUID(int=1), new_id()
NOW = datetime.now(UTC).replace(microsecond=0)
SIZES, MARGINS = {"customers", "customers_in_tier", "share_percent"}, {"margin", "margin_rate"}
SIZE_EN, SIZE_ZH = "Basic: many customers in its tier (1, 100 % of all)", "基本型：同级客户多（1位，占100%）"
MARGIN_EN, MARGIN_ZH = " and a low margin (18.6 %)", "，毛利率低（18.6%）"


@pytest.mark.parametrize(
    ("role", "reasons", "en", "zh"),
    [
        ("manager", SIZES | MARGINS, f"{SIZE_EN}{MARGIN_EN}.", f"{SIZE_ZH}{MARGIN_ZH}。"),
        ("agent", SIZES, f"{SIZE_EN}.", f"{SIZE_ZH}。"),
        ("partner", set(), "Basic.", "基本型。"),
    ],
)
async def test_G1_a_relationship_type_is_explained_by_what_its_reader_may_read(
    client, database, as_role, role, reasons, en, zh
):
    reference = CustomerReferenceRegistered(customer_id=ANN, source=f"partner:{PARTNER}", registered_at=NOW)
    await harness.deliver(database, subscriptions, [reference, placed(ANN, NOW - timedelta(days=45), "70", cost="57")])
    headers = as_role(role, partner_id=PARTNER if role == "partner" else None, scopes=["tiers:read"])
    answer = await client.get(f"/v1/customers/{ANN}/stage", headers=headers)
    assert answer.status_code == 200, answer.text
    relationship = answer.json()["relationship"]
    assert (relationship["code"], relationship["name"]["en"]) == ("basic", "Basic")
    assert relationship["reasons"].keys() & (SIZES | MARGINS) == reasons
    assert relationship["words"] == {"en": en, "zh": zh}
