"""A first order makes a customer everywhere; its file is completed, and found by whatever somebody types."""

from tests.journeys.caller import Caller, a_line, an_order, new_code


async def list_ids(caller: Caller, question: str) -> list[str]:
    return [customer["id"] for customer in (await caller.get("/v1/customers", q=question))["items"]]


async def test_G2_the_first_order_of_an_unknown_reference_makes_a_customer_with_tier_and_points(admin: Caller) -> None:
    ref = new_code("HOUSE")
    order = an_order(ref, [a_line(1, "100.00"), a_line(2, "20.40", quantity=3)])
    accepted = await admin.post("/v1/orders", order, status=202)
    assert await admin.post("/v1/orders", order, status=202) == accepted, "told again, it is the same order"
    await admin.settle()

    customer = accepted["customer_id"]
    overview = await admin.overview(customer)
    assert overview["customer"]["kind"] == "unknown"
    assert overview["customer"]["names"] == []
    assert overview["orders"]["count"] == 1
    assert overview["orders"]["revenue"] == "120.40"
    assert overview["orders"]["last_id"] == accepted["id"]
    assert await admin.tier(customer) == "basic"
    assert await admin.points(customer) == (120, 0)  # 100 + 20.40 rounded: a point for 1.00, once a line
    file = await admin.get(f"/v1/customers/{customer}")
    assert file["references"] == [{"source": "patron", "ref": ref}]
    assert await list_ids(admin, ref) == [customer]
    orders = await admin.get(f"/v1/customers/{customer}/orders")
    assert [order["id"] for order in orders["items"]] == [accepted["id"]]


async def test_P1_an_order_id_used_for_another_order_is_a_conflict_and_changes_nothing(admin: Caller) -> None:
    ref, number = new_code("HOUSE"), new_code("O")
    accepted = await admin.place(ref, "50.00", order_id=number)
    other = an_order(ref, [a_line(1, "51.00")], order_id=number)
    await admin.refused("/v1/orders", other, status=409, code="order_id_reused")
    await admin.settle()
    assert await admin.points(accepted["customer_id"]) == (50, 0)


async def test_P12_a_completed_file_is_found_by_name_pinyin_and_phone(admin: Caller) -> None:
    customer = (await admin.place(new_code("HOUSE"), "10.00"))["customer_id"]
    await admin.settle()
    path = f"/v1/customers/{customer}"
    stub = await admin.send("GET", path)
    facts = {
        "kind": "person",
        "names": [{"name": "欧阳娜娜", "language": "zh-Hans"}, {"name": "Nana Ouyang", "language": "en"}],
        "phones": [{"number": "138 1234 5678", "kind": "mobile"}],
        "region": "CN-31",
    }

    unseen = await admin.send("PATCH", path, json=facts)
    assert (unseen.status_code, unseen.json()["code"]) == (428, "version_needed")
    amended = await admin.send("PATCH", path, json=facts, headers={"If-Match": stub.headers["etag"]})
    assert amended.status_code == 200, amended.text
    assert amended.json()["completeness"] > 0
    late = await admin.send("PATCH", path, json={"region": "CN-11"}, headers={"If-Match": stub.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")

    for question in ("欧阳", "娜娜", "ouyang", "ouyangnana", "oynn", "Nana", "138 1234 5678", "+8613812345678"):
        assert await list_ids(admin, question) == [customer], question
    await admin.settle()
    overview = await admin.overview(customer)
    assert overview["customer"]["kind"] == "person"
    assert [name["name"] for name in overview["customer"]["names"]] == ["欧阳娜娜", "Nana Ouyang"]
    assert overview["orders"]["count"] == 1


async def test_P1_a_file_opened_before_the_first_order_is_the_customer_of_that_order(admin: Caller) -> None:
    """The reference in the file and the one in the order are the same registered one, so nobody is there twice."""
    ref = new_code("HOUSE")
    facts = {
        "kind": "organisation",
        "names": [{"name": "Blue Harbour Ltd"}],
        "reference": {"source": "patron", "ref": ref},
    }
    file = await admin.post("/v1/customers", facts)
    order = await admin.place(ref, "800.00")
    assert order["customer_id"] == file["id"]
    await admin.settle()
    overview = await admin.overview(file["id"])
    assert overview["customer"]["kind"] == "organisation"
    assert overview["orders"]["revenue"] == "800.00"
    assert await admin.tier(file["id"]) == "silver"
    assert await list_ids(admin, "blue harb") == [file["id"]]
