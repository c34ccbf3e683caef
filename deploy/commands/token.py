"""`patron token`: a development token for a role, from the gateway's development issuer."""

from typing import Annotated

import httpx
import typer

from deploy.commands.terminal import DEFAULT_DATA, CommandFailed, DataOption, running_state


def token(
    role: Annotated[str, typer.Option("--role", help="The role the token carries.")],
    partner: Annotated[str | None, typer.Option("--partner", help="The partner's id, for a partner's token.")] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Print a development token: `curl -H "Authorization: Bearer $(patron token --role …)" …`."""
    gateway = running_state(data).services["gateway"]
    wanted = {"role": role} | ({"partner_id": partner} if partner else {})
    try:
        answer = httpx.post(f"{gateway}/dev/token", json=wanted, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise CommandFailed(f"The gateway at {gateway} does not answer ({type(error).__name__}).") from error
    if answer.is_error:
        raise CommandFailed(f"The gateway gave no token ({answer.status_code}): {_reason(answer)}")
    typer.echo(answer.json()["access_token"])


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:300]
    return str(problem.get("detail") or problem.get("title") or problem) if isinstance(problem, dict) else str(problem)
