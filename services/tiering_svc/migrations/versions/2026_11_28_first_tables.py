"""Tiering's first tables, and the policies and rules that come with Patron. Frozen: it reads the files beside it."""

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from alembic import op
from sqlalchemy import text

from shared.chassis.migrations import create_rule_set_tables, create_shared_tables, execute_file, install_rule_sets

revision = "2026_11_28_first_tables"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__)


def upgrade() -> None:
    create_shared_tables(op, "2026_11_28")
    create_rule_set_tables(op, "2026_11_28")
    execute_file(op, HERE.with_suffix(".sql"))
    fix_the_business()
    defaults = json.loads(HERE.with_suffix(".json").read_text())
    install_rule_sets(op, "2026_11_28", defaults.pop("rule_sets"))
    install_defaults(defaults)


def fix_the_business() -> None:
    """Months and money are counted in one zone and one currency from the first start on."""
    zone = os.environ.get("PATRON_TIME_ZONE", "UTC")
    ZoneInfo(zone)
    op.get_bind().execute(
        text("insert into business (only_one, time_zone, currency) values (1, :zone, :currency)"),
        {"zone": zone, "currency": os.environ.get("PATRON_CURRENCY", "USD")},
    )


def install_defaults(defaults: dict[str, object]) -> None:
    """The first policy is in force, one of each other kind is a draft."""
    op.get_bind().execute(
        text(INSTALL),
        {name: json.dumps(value, ensure_ascii=False) for name, value in defaults.items()},
    )


INSTALL = """
with policy as (
    insert into tier_policy (policy_id, version, name, document, status, author, created_at, activated_by, activated_at)
    select (p ->> 'policy_id')::uuid, 1, p -> 'name', p -> 'document', p ->> 'status', a.author, now(),
           case when p ->> 'status' = 'active' then a.author end, case when p ->> 'status' = 'active' then now() end
    from (select cast(:author as jsonb) #>> '{}' as author) a, jsonb_array_elements(cast(:tier_policies as jsonb)) p
    returning policy_id, version, status, author
)
insert into tier_policy_step (policy_id, version, status, at, by)
select policy_id, version, s, now(), author from policy, unnest(array['draft', 'active']) s
where s = 'draft' or status = 'active' order by s desc, policy_id
"""


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
