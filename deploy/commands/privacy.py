"""`patron export` and `patron erase`: a person's data, told to the person or erased everywhere (P13)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from deploy.commands.token import fetch_token
from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, console, running_state

PAUSE_SECONDS = 0.3
WITHIN_SECONDS = 120.0

CustomerArgument = Annotated[UUID, typer.Argument(help="The customer's id.")]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="PATRON_TOKEN", help="Of a person who answers for privacy; else a development token."
    ),
]


def export(
    customer: CustomerArgument,
    file: Annotated[Path, typer.Argument(help="The file to write, for example person.json.")],
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Write all that the services hold of a customer into a JSON file, for the person."""
    if file.exists():
        raise CommandFailed(f"{file} exists already; an export never overwrites. Give it another name.")
    with _gateway(data, token) as gateway:
        path = f"/v1/customers/{customer}/export"
        run = _answer(gateway.post(path))
        _until_done(gateway, f"{path}/{run['id']}")
        content = gateway.get(f"{path}/{run['id']}/content")
        _answer(content)
        file.touch(mode=0o600, exist_ok=False)  # it holds personal data
        file.write_bytes(content.content)
    console.print(
        f"{file} holds what is known of {customer}. It was there once: nobody can fetch it again.", markup=False
    )


def erase(
    customer: CustomerArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, as a code: asked_by_person, end_of_term …")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Erase the personal data of a customer in all services. It can not be undone."""
    if not yes:
        typer.confirm(f"This erases customer {customer} for ever, with all it is one with. Go on?", abort=True)
    with _gateway(data, token) as gateway:
        erasure = _answer(gateway.delete(f"/v1/customers/{customer}", params={"reason": reason}))
        erasure = _until_done(gateway, f"/v1/erasures/{erasure['id']}")
    for receipt in erasure["receipts"]:
        stores = ", ".join(receipt["stores"]) or "nothing was there"
        console.print(f"{receipt['service']}: {stores}", markup=False)
    console.print("What the broker and backups still hold, and for how long: docs/privacy.md.")


@contextmanager
def _gateway(data: Path, token: str | None) -> Iterator[httpx.Client]:
    url = running_state(data).services["gateway"]
    token = token or fetch_token(url, "admin")
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
    ) as gateway:
        try:
            yield gateway
        except httpx.HTTPError as error:
            raise CommandFailed(f"The gateway at {url} does not answer ({type(error).__name__}).") from error


def _answer(response: httpx.Response) -> Any:
    """The answer's JSON; CommandFailed with the problem's sentence where it is a refusal."""
    if response.is_error:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        raise CommandFailed(
            f"The gateway refused it ({response.status_code}): {problem.get('detail', response.text[:300])}"
        )
    return response.json()


def _until_done(gateway: httpx.Client, path: str) -> Any:
    deadline = time.monotonic() + WITHIN_SECONDS
    while (run := _answer(gateway.get(path)))["status"] != "done":
        if run["status"] in ("failed", "cancelled"):
            raise CommandFailed(f"It has {run['status']}: {run.get('error')}.")
        if time.monotonic() > deadline:
            owed = ", ".join(sorted({service["service"] for service in run.get("owed_by", ())}))
            raise CommandFailed(
                f"It goes on in the background{f'; still to come: {owed}' if owed else ''}. See {path}."
            )
        time.sleep(PAUSE_SECONDS)
    return run
