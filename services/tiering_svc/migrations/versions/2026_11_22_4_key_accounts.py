"""Key accounts: nominations, risk flags, never served (T8)."""

from alembic import op

revision = "2026_11_22_4_key_accounts"
down_revision = "2026_11_22_3_simulations"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
