"""P12: whatever stands in a row is that row's business: the import goes on, and says what was wrong with it."""

import csv
import io

import httpx

from services.profile_svc.imports.domain.formula_cells import restored
from shared.messaging import Database
from tests.profile_svc.imports.importing import Importer, counted, ndjson
from tests.profile_svc.registry import RegistryStandIn

SERVICE = "profile"


async def test_P12_no_row_ends_an_import_by_what_it_holds(importer: Importer) -> None:
    filler = "".join(f"person,Filler {number},,\n" for number in range(4000))  # beyond what an upload's type is told by
    content = (
        "kind,name,name,birth_date\n"
        f"{filler}"
        "person,Ada,,-05-12\n"
        "person,Bob,,198\u00b2-01-01\n"
        f"person,{'[' * 5000},,\n"
        'person,"{""name"": ""Eve""}",Eva,\n'
        "person,Nul\x00,,\n"
        "person,Zed,,1980-05-12\n"
    ).encode()
    imported = await importer.run(content)
    assert (imported["status"], counted(imported)) == ("done", {"opened": 4002, "refused": 4})
    rows = await importer.rows(imported["id"], outcome="refused")
    assert [(row["row"], row["code"], row["field"]) for row in rows] == [
        (4003, "model_type", "birth_date"),
        (4004, "malformed_json", "names"),
        (4005, "malformed_json", "names"),
        (4006, "invalid_text", "names"),
    ]
    errors = await importer.client.get(f"/v1/customer-imports/{imported['id']}/errors")
    lines = list(csv.reader(io.StringIO(errors.text)))
    assert lines[-1][1] == "Nul\N{REPLACEMENT CHARACTER}"  # a database keeps no NUL
    assert restored(lines[-1][0]) == "person"
    ada = await importer.client.get("/v1/customers", params={"q": "Ada"})
    born = (await importer.file(ada.json()["items"][0]["id"]))["birth_date"]
    assert {name: value for name, value in born.items() if value} == {"calendar": "solar", "month": 5, "day": 12}


async def test_P12_constants_name_the_source_of_lines_of_json(importer: Importer, registry: RegistryStandIn) -> None:
    content = ndjson(
        {"names": [{"name": "Ada"}], "reference": {"ref": "J-1"}}, {"names": [{"name": "Bob"}], "listed": None}
    )
    constants = {"source": "demo", "Kind": "organisation", "listed": "true"}
    imported = await importer.run(content, format="ndjson", constants=constants)
    assert counted(imported) == {"opened": 2}, await importer.rows(imported["id"])
    (first, second) = [await importer.file(row["customer_id"]) for row in await importer.rows(imported["id"])]
    assert first["references"] == [{"source": "demo", "ref": "J-1"}]
    assert (first["kind"], first["listed"], second.get("listed")) == ("organisation", True, None)


async def test_P12_a_constant_of_no_field_is_refused_at_once(importer: Importer, database: Database) -> None:
    answer: httpx.Response = await importer.ask(b"name\nAda\n", constants={"knid": "person"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_column")
    assert (answer.json()["nearest"], answer.json()["errors"][0]["pointer"]) == ("kind", "/constants/knid")
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from job")) == 0
