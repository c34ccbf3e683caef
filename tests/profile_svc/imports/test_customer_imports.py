"""P12: customers from files, by jobs: each row with its own result, a broken file refused whole, nothing twice."""

import csv
import io
from uuid import UUID, uuid4

import pytest

from services.profile_svc.subscriptions import jobs
from shared.events import CustomerRegistered, CustomerTraitsChanged
from tests.profile_svc.imports.importing import counted, ndjson

SERVICE = "profile"


async def test_P12_each_row_has_its_result_and_a_bad_one_stops_nobody(importer, announced):
    content = (
        "kind,name,phone,email,employees,founded_on\n"
        "person,单雄信,+1 202 555 0143; +1 202 555 0144,Shan@example.com,,\n"
        "person,,+1 202 555 0145,,,\n"
        "organisation,Crane & Co,,,12,1996-10-31\n"
        "person,Ada Quill,123,,,\n"
        "\n"
        'organisation,"Two ""quoted"",\nlines",,,twelve,\n'
        ",Nobody's kind,,,,\n"
    ).encode()
    imported = await importer.run(content)
    assert (imported["status"], imported["encoding"]) == ("done", "utf-8")
    assert counted(imported) == {"opened": 2, "refused": 4}
    rows = await importer.rows(imported["id"])
    assert [(row["row"], row["outcome"], row["code"], row["field"]) for row in rows] == [
        (2, "opened", None, None),
        (3, "refused", "name_required", "names"),
        (4, "opened", None, None),
        (5, "refused", "phone_not_possible", "phones"),
        (7, "refused", "int_type", "employees"),
        (8, "refused", "kind_required", "kind"),
    ]
    opened = await importer.file(rows[0]["customer_id"])
    assert [phone["e164"] for phone in opened["phones"]] == ["+12025550143", "+12025550144"]
    assert (await importer.file(rows[2]["customer_id"]))["employees"] == 12
    assert [type(event) for event in await announced()] == [CustomerRegistered, CustomerTraitsChanged] * 2
    search = await importer.client.get("/v1/customers", params={"q": "shanxiongxin"})
    assert [item["id"] for item in search.json()["items"]] == [opened["id"]]


async def test_P12_the_refused_rows_come_as_a_file_that_is_mended_and_sent_again(importer):
    content = b"kind,name,phone\nperson,Ada,123\nperson,Bob,\nalien,=1+1,\n"
    imported = await importer.run(content)
    for language, reason in (("en", "This is not a possible telephone number."), ("zh", "这不是有效的电话号码。")):
        answer = await importer.client.get(
            f"/v1/customer-imports/{imported['id']}/errors", params={"language": language}
        )
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[0] == ["kind", "name", "phone", "import_row", "import_field", "import_code", "import_reason"]
        assert rows[1] == ["person", "Ada", "123", "2", "phones", "phone_not_possible", reason]
        assert rows[2][:4] == ["alien", "'=1+1", "", "4"]
    mended = answer.content.replace(b"123", b"+1 202 555 0100").replace(b"alien", b"person")
    again = await importer.run(mended)
    assert counted(again) == {"opened": 2}
    names = [(await importer.file(row["customer_id"]))["names"][0]["name"] for row in await importer.rows(again["id"])]
    assert names == ["Ada", "=1+1"]  # the mark that kept it from running is gone


@pytest.mark.parametrize("given", [None, "gb18030"])
async def test_P12_gb18030_is_found_or_given(importer, given):
    content = "类别;客户名称;地区\nperson;单雄信;east\nperson;𠮷野;\n".encode("gb18030")
    mapping = {"类别": "kind", "客户名称": "name", "地区": "region"}
    imported = await importer.run(content, encoding=given, mapping=mapping)
    assert (imported["encoding"], counted(imported)) == ("gb18030", {"opened": 2})
    names = [
        (await importer.file(row["customer_id"]))["names"][0]["name"] for row in await importer.rows(imported["id"])
    ]
    assert names == ["单雄信", "𠮷野"]


async def test_P12_a_broken_byte_refuses_the_whole_file_with_its_place(importer, announced):
    good = "kind,name\n" + "person,李雷\n" * 700
    content = good.encode() + b"person,\xff\n" + b"person,Ada\n"
    for encoding in ("utf-8", "gb18030", None):
        broken = content if encoding != "gb18030" else good.encode("gb18030") + b"person,\xff\n"
        imported = await importer.run(broken, encoding=encoding)
        assert (imported["status"], imported["error"]) == ("failed", "broken_encoding")
        place = broken.index(b"\xff")
        assert (imported["problem"]["byte"], imported["problem"]["row"]) == (place, 702)
        assert counted(imported) == {}
    assert await announced() == []


@pytest.mark.parametrize(
    ("content", "wanted", "code", "fact"),
    [
        (b"kind,nmae\nperson,Ada\n", {}, "unknown_column", ("nearest", "name")),
        (b"kind,name\nperson,Ada\n", {"mapping": {"nam": "names"}}, "unknown_column", ("nearest", "name")),
        (b"kind,name\nperson,Ada\n", {"mapping": {"name": "emial"}}, "unknown_column", ("nearest", "email")),
        (b"kind,region\nperson,east\n", {}, "no_name_column", None),
        (b"name,region,region\nAda,east,west\n", {}, "column_given_twice", ("field", "region")),
        (b"\n\n", {}, "no_header", None),
        (b"kind,name\nperson,Ada\n", {"format": "ndjson"}, "not_what_it_says", None),
        (b'{"kind": "person"}\n', {}, "not_what_it_says", None),
        (b'{"kind": "person"}\n', {"format": "ndjson", "encoding": "gb18030"}, "encoding_not_of_this_format", None),
        ("kind,名\nperson,Ada\n".encode("gb18030"), {"encoding": "utf-8"}, "broken_encoding", ("row", 1)),
    ],
)
async def test_P12_what_the_beginning_shows_is_refused_at_once(importer, database, content, wanted, code, fact):
    answer = await importer.ask(content, **wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if fact is not None:
        assert answer.json()[fact[0]] == fact[1]
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from customer_import")) == 0
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from job")) == 0


async def test_P12_an_import_is_of_ones_own_upload_with_all_its_bytes(importer, as_role):
    upload_id = await importer.upload(b"kind,name\nperson,Ada\n")
    others = as_role("agent", subject="else")
    answer = await importer.client.post("/v1/customer-imports", json={"upload_id": upload_id}, headers=others)
    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
    path = (await importer.client.post("/v1/uploads", headers={"Upload-Length": "9"})).headers["location"]
    answer = await importer.client.post("/v1/customer-imports", json={"upload_id": path.rpartition("/")[2]})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_incomplete")
    imported = await importer.run(b"kind,name\nperson,Ada\n")
    assert (await importer.client.get(f"/v1/customer-imports/{imported['id']}", headers=others)).status_code == 404
    assert (
        await importer.client.get(f"/v1/customer-imports/{imported['id']}/errors", headers=others)
    ).status_code == 404


async def test_P12_rows_by_reference_open_update_and_complete(importer, registry, announced):
    first = await importer.run(b"kind,name,source,ref\nperson,Ada,demo,1\nperson,Bob,demo,2\nperson,Eve,nobody,3\n")
    assert counted(first) == {"opened": 2, "refused": 1}
    assert [row["code"] for row in await importer.rows(first["id"], outcome="refused")] == ["unknown_source"]
    before = await announced()
    content = b"source,ref,region,name\ndemo,1,,Ada\ndemo,2,east,\ndemo,2,west,\ndemo,4,,Dan\n"
    for on_existing, counts in (
        ("skip", {"unchanged": 1, "skipped": 2, "opened": 1}),
        ("refuse", {"unchanged": 2, "refused": 2}),
        ("update", {"unchanged": 2, "updated": 2}),
    ):
        imported = await importer.run(content, on_existing=on_existing, constants={"kind": "person"})
        assert counted(imported) == counts
    (_, bob, *_) = await importer.rows(first["id"])
    file = await importer.file(bob["customer_id"])
    assert (file["region"], file["names"][0]["name"]) == ("west", "Bob")
    regions = [event.region for event in (await announced())[len(before) :] if isinstance(event, CustomerTraitsChanged)]
    assert regions == [None, "east", "west"]


async def test_P12_a_row_of_an_id_that_is_not_there_is_refused(importer):
    imported = await importer.run(f"id,kind,name\n{uuid4()},person,Ada\n".encode(), on_existing="update")
    assert [(row["outcome"], row["code"]) for row in await importer.rows(imported["id"])] == [
        ("refused", "customer_not_found")
    ]


async def test_P12_a_dry_run_says_what_would_be_and_changes_nothing(importer, database, registry, announced):
    content = b"kind,name,source,ref\nperson,Ada,demo,1\nperson,,demo,2\n"
    imported = await importer.run(content, dry_run=True)
    assert (imported["status"], counted(imported)) == ("done", {"opened": 1, "refused": 1})
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from customer")) == 0
    assert (await announced(), registry.references) == ([], {})
    undone = await importer.client.post(f"/v1/customer-imports/{imported['id']}/reversal")
    assert (undone.status_code, undone.json()["code"]) == (409, "dry_run_changes_nothing")


async def test_P12_lines_of_json_are_read_as_the_interface_reads_them(importer):
    content = (
        ndjson(
            {"kind": "person", "names": [{"name": "Ada", "language": "en"}], "birth_date": {"month": 2, "day": 3}},
            {"kind": "person", "names": [{"name": "Bob"}], "shoe": 45},
        )
        + b"{not json\n[]\n"
    )
    imported = await importer.run(content, format="ndjson")
    rows = await importer.rows(imported["id"])
    assert [(row["row"], row["outcome"], row["code"]) for row in rows] == [
        (1, "opened", None),
        (2, "refused", "extra_forbidden"),
        (3, "refused", "malformed_json"),
        (4, "refused", "model_type"),
    ]
    errors = await importer.client.get(f"/v1/customer-imports/{imported['id']}/errors")
    assert len(list(csv.reader(io.StringIO(errors.text)))) == 4


async def test_P12_who_looks_like_somebody_is_counted_and_listed(importer):
    await importer.run(b"kind,name,phone,email\nperson,Ada,+1 202 555 0100,ada@example.com\n")
    content = b"kind,name,phone,email\nperson,A. Quill,+1 202 555 0100,\nperson,AQ,,ADA@example.com\nperson,Bob,,\n"
    imported = await importer.run(content)
    assert counted(imported) == {"opened": 3, "candidates": 2}
    assert [row["row"] for row in await importer.rows(imported["id"], candidates=True)] == [2, 3]


async def test_P12_formula_cells_are_kept_as_text_and_counted(importer):
    content = b"kind,name,phone,intention\nperson,=HYPERLINK(1),+1 202 555 0100,-2\nperson,Bob,,@SUM(A1)\n"
    imported = await importer.run(content)
    assert counted(imported) == {"opened": 2, "formula_cells": 2}
    rows = await importer.rows(imported["id"])
    assert (await importer.file(rows[0]["customer_id"]))["names"][0]["name"] == "=HYPERLINK(1)"


async def test_P12_thousands_of_rows_in_batches_each_once(importer, database):
    count = 1203
    content = "kind,name\n" + "".join(f"person,Customer {number}\n" for number in range(count))
    imported = await importer.run(content.encode())
    assert (counted(imported), imported["progress"]) == ({"opened": count}, {"done": count, "total": count})
    rows = await database.run(lambda tx: tx.raw.fetch("select row_number from import_row order by 1"))
    assert [row["row_number"] for row in rows] == list(range(2, count + 2))
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from access_trail")) >= count


async def test_P12_an_unclosed_quotation_mark_ends_the_import_where_it_is(importer):
    content = b'kind,name\nperson,Ada\nperson,"Bob\n' + b"person,Eve\n" * 120_000
    imported = await importer.run(content)
    assert (imported["status"], imported["error"], imported["problem"]["row"]) == ("failed", "row_too_large", 3)
    assert counted(imported) == {"opened": 1}


async def test_P12_a_cancelled_import_keeps_what_it_did_and_goes_no_further(importer):
    content = "kind,name\n" + "person,Ada\n" * 1200
    import_id = await importer.start(content.encode())
    for _ in range(2):
        await jobs.advance(importer.app.state.service, "customer_import")
    cancelled = await importer.client.post(f"/v1/customer-imports/{import_id}/cancellation")
    assert (cancelled.json()["status"], counted(cancelled.json())) == ("cancelled", {"opened": 500})
    await importer.work()
    assert counted(await importer.read(import_id)) == {"opened": 500}


async def undo(importer, import_id: str) -> dict:
    answer = await importer.client.post(f"/v1/customer-imports/{import_id}/reversal")
    assert answer.status_code == 202, answer.text
    await importer.work()
    return (await importer.read(import_id))["reversal"]


async def test_P12_undone_an_import_leaves_files_as_they_were(importer, registry, announced):
    old = await importer.run(b"kind,name,source,ref,region\nperson,Ada,demo,1,east\n")
    (ada,) = await importer.rows(old["id"])
    before = await importer.file(ada["customer_id"])
    content = b"kind,name,source,ref,region\nperson,Ada B.,demo,1,west\nperson,Bob,,,\nperson,Ada C.,demo,1,north\n"
    imported = await importer.run(content, on_existing="update")
    assert counted(imported) == {"updated": 2, "opened": 1}
    reversal = await undo(importer, imported["id"])
    assert (reversal["customers_undone"], reversal["customers_kept"]) == (2, 0)
    after = await importer.file(ada["customer_id"])
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}
    bob = next(row for row in await importer.rows(imported["id"]) if row["row"] == 3)
    stub = await importer.file(bob["customer_id"])
    assert (stub["kind"], stub.get("names")) == ("unknown", None)
    assert (await importer.client.get("/v1/customers", params={"q": "Bob"})).json()["items"] == []
    traits = [event for event in await announced() if isinstance(event, CustomerTraitsChanged)]
    assert [event.region for event in traits if str(event.customer_id) == ada["customer_id"]][-1] == "east"
    again = await importer.client.post(f"/v1/customer-imports/{imported['id']}/reversal")
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")


async def test_P12_whose_customer_had_another_fact_since_is_kept_and_listed(importer, database):
    imported = await importer.run(b"kind,name\nperson,Ada\nperson,Bob\nperson,Cy\n")
    ada, bob, cy = await importer.rows(imported["id"])
    amended = await importer.client.patch(
        f"/v1/customers/{ada['customer_id']}", json={"region": "east"}, headers={"If-Match": '"1"'}
    )
    assert amended.status_code == 200
    await database.run(
        lambda tx: tx.raw.execute(
            "insert into overview (customer_id, orders_count, updated_at) values ($1, 1, now())",
            UUID(bob["customer_id"]),
        )
    )
    reversal = await undo(importer, imported["id"])
    assert (reversal["customers_undone"], reversal["customers_kept"]) == (1, 2)
    kept = await importer.rows(imported["id"], kept=True)
    assert [(row["row"], row["reversal"]) for row in kept] == [(2, "changed_since"), (3, "fact_since")]
    assert (await importer.file(cy["customer_id"]))["kind"] == "unknown"
    assert (await importer.file(bob["customer_id"]))["names"][0]["name"] == "Bob"


async def test_P12_an_import_under_way_is_not_undone(importer):
    import_id = await importer.start(b"kind,name\nperson,Ada\n")
    answer = await importer.client.post(f"/v1/customer-imports/{import_id}/reversal")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_finished")
