"""One accounting currency and one business time zone a deployment, fixed at the first start.

Amounts carry no currency of their own in the services, and months are the time zone's: a later change of either would
silently mix what must not be mixed, so a service that is told another one refuses to start.
"""

from shared.chassis.settings import ServiceSettings
from shared.messaging import Transaction


class DeploymentChanged(SystemExit):
    """The environment asks for another currency or time zone than the one the data was written in."""


async def fix(tx: Transaction, settings: ServiceSettings) -> None:
    """Write them down at the first start; compare at every later one."""
    await tx.raw.execute(
        """insert into deployment (one_row, currency, time_zone, fixed_at) values (1, $1, $2, $3)
           on conflict (one_row) do nothing""",
        settings.currency, settings.time_zone, tx.at,
    )  # fmt: skip
    fixed = await tx.raw.fetchrow("select currency, time_zone from deployment")
    assert fixed is not None
    wanted = {"currency": settings.currency, "time_zone": settings.time_zone}
    for name, value in wanted.items():
        if fixed[name] != value:
            raise DeploymentChanged(
                f"This data was written with PATRON_{name.upper()}={fixed[name]}, and the environment says {value}. "
                f"Set it back to {fixed[name]}; another {name.replace('_', ' ')} needs a deployment of its own."
            )
