"""P12: customers into files, by jobs, as far as one may see them; exported and imported again, nothing changes."""

import csv
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.profile_svc.imports.domain.columns import TARGETS, cell_of, content_of
from services.profile_svc.imports.domain.formula_cells import is_formula, neutralised, restored
from tests.profile_svc.imports.importing import Importer, counted, ndjson

SERVICE = "profile"


async def exported(importer: Importer, **wanted: Any) -> dict[str, Any]:
    answer = await importer.client.post("/v1/customer-exports", json=wanted)
    assert answer.status_code == 202, answer.text
    await importer.work()
    imported: dict[str, Any] = (await importer.client.get(answer.headers["location"])).json()
    assert imported["status"] == "done", imported
    return imported


async def content_of_export(importer: Importer, **wanted: Any) -> bytes:
    imported = await exported(importer, **wanted)
    answer = await importer.client.get(imported["file"])
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(answer.content)))
    return answer.content


async def test_P12_customers_are_written_with_their_references(importer, registry):
    await importer.run(b"kind,name,source,ref\nperson,Ada,demo,7\n")
    await importer.run(b"kind,name,phone\norganisation,=1+1,+1 202 555 0100\n")
    content = await content_of_export(importer, fields=["names", "source", "ref", "kind", "phones"])
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["names", "source", "ref", "kind", "phones"]
    ada, firm = sorted(rows[1:], reverse=True)  # they come in the order of their ids
    assert ada == ['[{"name":"Ada"}]', "demo", "7", "person", ""]
    assert firm[:4] == ['[{"name":"=1+1"}]', "", "", "organisation"]
    content = await content_of_export(importer, format="ndjson", filters={"kind": "person"})
    assert json.loads(content)["reference"] == {"source": "demo", "ref": "7"}


async def test_P12_filters_hold_together(importer):
    await importer.run(b"kind,name,region\nperson,Ada,east\nperson,Bob,west\norganisation,Crane,east\n")
    content = await content_of_export(
        importer, format="ndjson", fields=["names"], filters={"region": "east", "kind": "person"}
    )
    assert [json.loads(line) for line in content.splitlines()] == [{"names": [{"name": "Ada"}]}]
    nobody = await content_of_export(importer, filters={"ids": [str(uuid4())]}, fields=["id"])
    assert nobody.decode("utf-8-sig") == "id\r\n"
    assert await content_of_export(importer, format="ndjson", filters={"region": "north"}) == b""


async def test_P12_a_file_is_fetched_in_ranges_by_who_asked_for_it(importer, as_role, database):
    await importer.run(b"kind,name\n" + b"person,Ada\n" * 450)
    imported = await exported(importer, format="ndjson")
    whole = await importer.client.get(imported["file"])
    assert (len(whole.content.splitlines()), imported["progress"]["done"]) == (450, 450)
    tag = whole.headers["etag"]
    part = await importer.client.get(imported["file"], headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    other = await importer.client.get(imported["file"], headers={"Range": "bytes=10-19", "If-Range": '"x"'})
    assert (other.status_code, other.content) == (200, whole.content)
    known = await importer.client.get(imported["file"], headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    behind = await importer.client.get(imported["file"], headers={"Range": f"bytes={len(whole.content)}-"})
    assert (behind.status_code, behind.json()["code"]) == (416, "range_not_satisfiable")
    others = as_role("agent", subject="else")
    assert (await importer.client.get(imported["file"], headers=others)).status_code == 404
    trail = await database.run(
        lambda tx: tx.raw.fetchval("select count(distinct customer_id) from access_trail where action = 'exported'")
    )
    assert trail == 450


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"fields": ["names", "margin"]}, "unknown_field"),
        ({"format": "ndjson", "encoding": "gb18030"}, "encoding_not_of_this_format"),
        ({"format": "xlsx"}, "validation_failed"),
        ({"filters": {"shoe": 45}}, "validation_failed"),
    ],
)
async def test_P12_what_no_export_can_be_is_refused(importer, database, wanted, code):
    answer = await importer.client.post("/v1/customer-exports", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from stored_file")) == 0


async def test_P12_a_file_that_is_not_whole_is_not_there(importer):
    answer = await importer.client.post("/v1/customer-exports", json={})
    path = answer.headers["location"]
    early = await importer.client.get(f"{path}/file")
    assert (early.status_code, early.json()["code"]) == (409, "not_finished")
    await importer.client.post(f"{path}/cancellation")
    await importer.work()
    assert (await importer.client.get(f"{path}/file")).status_code == 404


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | st.sampled_from(
    ["=1+1", "'=x", "''-2", "-5", "@a", '"', 'a"b,c;d', "\u5355\u96c4\u4fe1", "'", "[x]", "true", "12"]
)
NAMES = st.lists(TEXT.filter(lambda text: bool(text.strip())), min_size=1, max_size=2, unique_by=str.casefold)
FILE = st.fixed_dictionaries(
    {"kind": st.just("organisation"), "names": NAMES.map(lambda names: [{"name": name} for name in names])},
    optional={
        "intention": TEXT,
        "web_site": TEXT,
        "employees": st.integers(0, 10**8),
        "annual_sales": st.decimals("0", "99999", places=2).map(str),
        "listed": st.booleans(),
        "emails": st.just([{"address": "a@example.com", "kind": "work"}]),
        "phones": st.just([{"number": "+1 202 555 0100", "kind": "mobile"}]),
        "addresses": TEXT.map(lambda text: [{"text": text, "city": text}]),
        "founded_on": st.just("1996-10-31"),
    },
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(FILE, min_size=1, max_size=8),
    form=st.sampled_from(
        [("csv", "utf-8", ","), ("csv", "gb18030", ";"), ("csv", "utf-8", "\t"), ("ndjson", "utf-8", ",")]
    ),
)
async def test_P12_exported_and_imported_again_nothing_changes(importer, announced, files, form):
    first = await importer.run(ndjson(*files), format="ndjson")
    rows = await importer.rows(first["id"], outcome="opened")
    ids = [row["customer_id"] for row in rows]
    if not ids:
        return
    events, before = await announced(), [await importer.file(id) for id in ids]
    format, encoding, delimiter = form
    content = await content_of_export(
        importer, format=format, encoding=encoding, delimiter=delimiter, filters={"ids": ids}
    )
    again = await importer.run(content, format=format, on_existing="update")
    assert counted(again) == {"unchanged": len(ids)} | (
        {"formula_cells": again["rows"]["formula_cells"]} if again["rows"]["formula_cells"] else {}
    ), await importer.rows(again["id"])
    assert (await announced(), [await importer.file(id) for id in ids]) == (events, before)


@given(st.text(max_size=20))
def test_P12_a_marked_cell_says_what_it_said_and_runs_nowhere(cell):
    marked = neutralised(cell)
    assert restored(marked) == cell
    assert not is_formula(marked)


@given(st.dictionaries(st.sampled_from(["intention", "web_site", "region", "car"]), st.text(min_size=1, max_size=20)))
def test_P12_a_cell_is_read_as_it_was_written(facts):
    cells = [cell_of(facts.get(name)) for name in TARGETS]
    assert content_of(cells, TARGETS, {}) == facts
