"""Amounts of money get six more digits before the point: a customer's whole life fits, whatever intake accepts (T1).

An order may come to nearly 10^13, so eleven of them in a month were more than numeric(18, 4) holds. A wider numeric
leaves the rows as they are: no table is written anew.
"""

from alembic import op

revision = "2026_11_26_wider_money"
down_revision = "2026_11_22_old_months"
branch_labels = None
depends_on = None

MONEY = {
    "order_fact": ("amount", "margin", "returned_amount", "returned_margin"),
    "order_change": ("amount", "margin"),
    "indicator_month": ("amount", "margin", "margin_known_amount", "largest_order", "returned_amount"),
    "receivable_fact": ("amount",),
    "payment_fact": ("amount",),
    "customer_traits": ("registered_capital", "annual_sales"),
    "retention_cost": ("amount",),
    "lifetime_value": ("mean_value", "margin_rate", "expected_orders", "expected_value", "revenue", "margin"),
    "warning_back_test": ("least_baseline",),
}


def upgrade() -> None:
    for table, columns in MONEY.items():
        op.execute(f"alter table {table} {', '.join(f'alter {column} type numeric(24, 4)' for column in columns)}")


def downgrade() -> None:
    raise NotImplementedError("databases go forward only; restore a backup instead")
