"""Canaries where no field of a body is: names and bytes of files, lines of NDJSON; and persons at an account."""

import base64
import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from tests.privacy.canaries import CanaryCaller
from tests.privacy.life import Life

FILES, ORDERS = ("POST", "/v1/customers"), ("POST", "/v1/orders")


async def lines_of_ndjson(life: Life) -> None:
    """Many in one request, as those that were accepted one by one; one of each is refused."""
    caller = life.caller
    for (_, path), spoil in ((FILES, {"kind": "both"}), (ORDERS, {"currency": "XXX"})):
        accepted = caller.accepted["POST", path]
        lines = [caller.renewed(accepted), caller.renewed(accepted) | spoil, caller.renewed(accepted)]
        results = await caller.send_lines(f"{path}:batch", lines)
        assert [result["status"] < 400 for result in results] == [True, False, True], results
        life.customers += [result["customer_id" if path == "/v1/orders" else "id"] for result in results[::2]]
    await life.settle()


async def uploaded(caller: CanaryCaller, content: bytes, media_type: str, ending: str) -> str:
    """The id of an upload whose name is a canary, too."""
    named = {"filename": f"{caller.canary(None)}.{ending}", "filetype": media_type}
    metadata = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in named.items())
    headers = caller.headers | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    opened = await caller.client.request("POST", "/v1/uploads", headers=headers, auth=None)
    assert opened.status_code == 201, opened.text
    path = opened.headers["location"]
    headers = caller.headers | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = await caller.client.request("PATCH", path, headers=headers, content=content, auth=None)
    assert sent.status_code == 204, sent.text
    return str(path.rpartition("/")[2])


def rows_of_csv(caller: CanaryCaller) -> bytes:
    """Two customers; between them a row of the first one that says something else, and one that is none."""
    word = caller.canary
    ref = word("a code")
    rows = [
        ("kind", "names", "source", "ref", "phones", "emails", "occupation", "hobbies", "birth_date"),
        ("person", word(None), "patron", ref, f"+{word('x')}", "kanarienvogel@example.org", word(None), word(None), ""),
        ("person", word(None), "patron", ref, "", "", word(None), "", ""),
        ("person", word(None), "", "", "", "", word(None), "", word(None)),
        ("person", word(None), "patron", word("x"), "", "", word(None), f"{word(None)};{word(None)}", ""),
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def imports(life: Life) -> None:
    """A table and lines of JSON, read in the background; of each some rows are refused, and can be fetched with why."""
    caller = life.caller
    file = caller.accepted[FILES]
    lines = [caller.renewed(file), caller.renewed(file) | {"kind": caller.canary(None)}, caller.renewed(file)]
    contents = {
        "csv": (rows_of_csv(caller), "text/csv"),
        "ndjson": ("\n".join(map(json.dumps, lines)).encode(), "application/x-ndjson"),
    }
    for format, (content, media_type) in contents.items():
        upload = await uploaded(caller, content, media_type, format)
        imported = await life.plain("POST", "/v1/customer-imports", {"upload_id": upload, "format": format})
        await life.until_done(f"/v1/customer-imports/{imported['id']}")
        rows = (await life.plain("GET", f"/v1/customer-imports/{imported['id']}/rows"))["items"]
        opened = [row["customer_id"] for row in rows if row["outcome"] == "opened"]
        refused = [row for row in rows if row["outcome"] == "refused"]
        assert (len(opened), len(refused)) == (2, len(rows) - 2), rows
        assert refused
        life.customers += opened
        errors = await caller.client.request(
            "GET", f"/v1/customer-imports/{imported['id']}/errors", headers=caller.headers, auth=None
        )
        assert b"kanarienvogel" in errors.content
    await life.settle()


async def persons(life: Life) -> tuple[str, Sequence[dict[str, Any]]]:
    """A customer about whom nothing is a canary but who others at its account are: a relative, somebody to talk to,
    whom to reach about a case. Its id, and how to ask for the erasure of each of them."""
    caller, send = life.caller, life.caller.send
    given: dict[str, Any] = {"kind": "person", "names": [{"name": "Hausherr"}]}
    house = (await send("POST", "/v1/customers", given, only=("/family",)))["id"]
    relative = caller.accepted[FILES]["family"][0]["name"]
    await life.settle()
    talk = {"contacted_at": life.now(), "channel": "call", "employee_id": "kan-1", "summary": "They want more."}
    path = "/v1/customers/{customer_id}/contact-log"
    await send("POST", path, talk, only=("/partner", "/position", "/summary"), customer_id=house)
    partner = caller.accepted["POST", path]["partner"]
    case = {"customer": {"id": house}, "channel": "call", "category": "delivery", "what_happened": "Late."}
    filed = await send("POST", "/v1/complaints", case, only=("/contact",))
    await life.settle()
    return house, [
        {"kind": "family_member", "customer_id": house, "name": relative},
        {"kind": "contact", "customer_id": house, "name": partner},
        {"kind": "case_contact", "case_id": filed["id"]},
    ]
