"""Erasing a person takes every file with it that names the person: uploads of imports, exports, their bytes (P13)."""

from shared.files import file_store
from shared.files.removal import delete_removed_bytes

SERVICE = "profile"


async def test_P13_a_file_that_names_an_erased_person_goes_whole(importer, database, app):
    store = file_store(app.state.service.settings)
    kept = await importer.run(b"kind,name\nperson,Cy\n")
    imported = await importer.run(b"kind,name,region\nperson,Ada,east\nperson,Bob,west\nperson,,nothing\n")
    ada, *_ = await importer.rows(imported["id"])
    for region in ("east", "west"):
        await importer.client.post("/v1/customer-exports", json={"filters": {"region": region}})
    await importer.work()
    before = await database.run(lambda tx: tx.raw.fetch("select key from stored_part"))
    erased = await importer.client.delete(f"/v1/customers/{ada['customer_id']}", params={"reason": "asked_by_person"})
    assert erased.status_code == 202, erased.text
    await importer.work()

    async def left(tx):
        return {
            "files": [row["area"] for row in await tx.raw.fetch("select area from stored_file order by area")],
            "said": await tx.raw.fetchval(
                "select count(*) from import_row where outcome = 'opened' and customer_id = $1 and before is not null",
                ada["customer_id"],
            ),
            "layouts": await tx.raw.fetchval("select count(*) from customer_import where layout is not null"),
            "keys": {row["key"] for row in await tx.raw.fetch("select key from stored_part")},
        }

    after = await database.run(left)
    assert after["files"] == ["customer_exports", "uploads"], "the export of the west, the upload of the other import"
    assert (after["said"], after["layouts"]) == (0, 1)
    await delete_removed_bytes(database, store)
    gone = {row["key"] for row in before} - after["keys"]
    assert (len(gone), [await store.stat(key) for key in gone]) == (2, [None, None])
    assert (await importer.read(kept["id"]))["rows"]["opened"] == 1
    errors = await importer.client.get(f"/v1/customer-imports/{imported['id']}/errors")
    assert errors.status_code == 200
    assert b"Bob" not in errors.content
    assert b"nothing" not in errors.content, "a refused row may be about anybody of its file: what it said goes as well"
