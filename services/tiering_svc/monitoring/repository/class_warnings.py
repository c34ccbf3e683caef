"""SQL of early warnings about classes of customers and product lines (T12), and of when they are looked for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tiering_svc.monitoring.domain.warning import EarlyWarning
from services.tiering_svc.monitoring.repository.warnings import COLUMNS
from shared.messaging import Transaction

CLASS_SWEEP = "class_sweep"  # the kind of job


async def find_sweep_to_follow(tx: Transaction) -> tuple[UUID, datetime] | None:
    """The last finished sweep over customers and its day, unless it was followed by one over classes."""
    row = await tx.raw.fetchrow(
        """select r.run_id, r.as_of from warning_run r join job j on j.id = r.run_id
           where j.status = 'done' order by r.as_of desc, r.run_id desc limit 1"""
    )
    if row is None or await tx.raw.fetchval(
        "select exists (select from job where kind = $1 and once = $2)", CLASS_SWEEP, f"sweep:{row['run_id']}"
    ):
        return None
    return row["run_id"], row["as_of"]


async def load_lasting(tx: Transaction, subject_kind: str, dimension: str) -> dict[str, dict[str, EarlyWarning]]:
    """The lasting warnings of all classes of a dimension by the class's code and the cause, locked."""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from early_warning w
            where w.lasting and w.customer_id is null and w.subject_kind = $1 and w.dimension = $2
            order by w.warning_id for update""",
        subject_kind, dimension,
    )  # fmt: skip
    by_code: dict[str, dict[str, EarlyWarning]] = {}
    for warning in (EarlyWarning(**row) for row in rows):
        assert warning.subject_code is not None
        by_code.setdefault(warning.subject_code, {})[warning.cause] = warning
    return by_code


async def load_lasting_of_other_causes(tx: Transaction, causes: Sequence[tuple[str, str, str]]) -> list[EarlyWarning]:
    """The lasting warnings of classes that are none of these, locked. `causes`: kind of subject, dimension, cause."""
    kinds, dimensions, names = [list(part) for part in zip(*causes, strict=True)] if causes else ([], [], [])
    rows = await tx.raw.fetch(
        f"""select {COLUMNS} from early_warning w
            where w.lasting and w.customer_id is null
              and (w.subject_kind, w.dimension, w.cause) not in (
                  select * from unnest($1::text[], $2::text[], $3::text[]))
            order by w.warning_id for update""",
        kinds, dimensions, names,
    )  # fmt: skip
    return [EarlyWarning(**row) for row in rows]
