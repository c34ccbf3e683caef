"""`patron token`: a development token for a role, from the gateway's development issuer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import httpx
import typer

from deploy.terminal import DEFAULT_DATA, CommandFailed, DataOption, running_state


def token(
    role: Annotated[str, typer.Option("--role", help="The role the token carries.")],
    partner: Annotated[str | None, typer.Option("--partner", help="The partner's id, for a partner's token.")] = None,
    employee: Annotated[
        str | None, typer.Option("--employee", help="The employee of the directory whose token it is, by their id.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="What the token calls the person, as a provider's `sub` does.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Print a development token: `curl -H "Authorization: Bearer $(patron token --role …)" …`."""
    named = {"partner_id": partner, "employee_id": employee, "subject": subject}
    typer.echo(fetch_token(running_state(data).services["gateway"], role, named))


def fetch_token(gateway: str, role: str, named: Mapping[str, str | None] | None = None) -> str:
    """A token of the gateway's development issuer, also of a partner, an employee or a subject that is `named`;
    CommandFailed where it gives none."""
    body = {"role": role} | {name: value for name, value in (named or {}).items() if value}
    try:
        answer = httpx.post(f"{gateway}/dev/token", json=body, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise CommandFailed(f"The gateway at {gateway} does not answer ({type(error).__name__}).") from error
    if answer.is_error:
        raise CommandFailed(f"The gateway gave no token ({answer.status_code}): {_reason(answer)}")
    return str(answer.json()["access_token"])


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:300]
    if not isinstance(problem, dict):
        return str(problem)
    reason = str(problem.get("detail") or problem.get("title") or problem)
    return "\n".join([reason, *_points(problem.get("errors"), reason)])


def _points(errors: Any, reason: str) -> Iterator[str]:
    """What is wrong where, a line each, as far as the answer tells it and has not reason it already."""
    for error in errors if isinstance(errors, list) else []:
        detail = error.get("detail") if isinstance(error, dict) else None
        if detail and detail != reason:
            place = str(error.get("pointer", "")).strip("/")
            yield f"  {place}: {detail}" if place else f"  {detail}"
