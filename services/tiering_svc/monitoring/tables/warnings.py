"""Early warnings, their rules, the sweeps that raise and close them, and back-tests of rules (T12)."""

from sqlalchemy import Boolean, Column, Date, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.tiering_svc.core.tables import Money, Timestamp, metadata

early_warning = Table(  # a customer, class or product line has one lasting warning of a cause: indexes see to it
    "early_warning",
    metadata,
    Column("warning_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),  # null: of a class or a product line
    Column("cause", Text, nullable=False),
    Column("rule_id", Uuid, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("lasting", Boolean, nullable=False),  # the cause has not been gone since
    Column("owner", Text),  # who was responsible when it was raised; who is now follows from account_team
    Column("as_of", Timestamp, nullable=False),
    Column("swept_as_of", Timestamp, nullable=False),
    Column("raised_at", Timestamp, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("closed_at", Timestamp),
    Column("closed_by", Text),
    Column("closing", Text),
    Column("likelihood", Numeric(5, 4)),  # of a loss, as of the last sweep; all four null: not known
    Column("value_at_stake", Money),
    Column("expected_loss", Money),
    Column("factors", JSONB),  # what the likelihood follows from, the strongest first
    Column("subject_kind", Text, nullable=False, server_default="customer"),  # customer, class, product_line
    Column("dimension", Text),  # by what its class is made: tier, region, category ...; null: of a customer
    Column("subject_code", Text),  # which class of these; null: of a customer
)

warning_change = Table(  # who did what, when; never changed
    "warning_change",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("warning_id", Uuid, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("as_of", Timestamp),
    Column("severity", Text),
    Column("code", Text),
    Column("note", Text),
    Column("evidence", JSONB),
)

warning_run = Table(  # a sweep over everybody: by which rules, and what came of it; its job says how far it is
    "warning_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),  # the job's
    Column("as_of", Timestamp, nullable=False),
    Column("because", Text, nullable=False),  # review, schedule, request
    Column("evaluation_id", Uuid),  # the review it followed
    Column("rules", JSONB),  # the versions that were in force when it began
    Column("setting", JSONB),  # the sizes of the tiers and the version of the stage rules when it began
    Column("outcomes", JSONB, nullable=False),
    Column("stages", JSONB, nullable=False),
)

likelihood_model = Table(  # a model of losses as it was fitted when a month began; never changed
    "likelihood_model",
    metadata,
    Column("model_id", Uuid, primary_key=True),  # the job's
    Column("as_of", Timestamp, nullable=False),  # outcomes until then
    Column("fitted_at", Timestamp, nullable=False),
    Column("source", Text, nullable=False),  # own, prior
    Column("because", Text, nullable=False),  # better, too_few_losses, no_better
    Column("samples", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("document", JSONB, nullable=False),  # the model, and its calibration
)

warning_back_test = Table(  # a rule tried on the operator's own history; its job says how far it is
    "warning_back_test",
    metadata,
    Column("back_test_id", Uuid, primary_key=True),  # the job's
    Column("rule_id", Uuid, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("first_month", Date, nullable=False),
    Column("last_month", Date, nullable=False),
    Column("severity", Text, nullable=False),
    Column("horizon_months", Integer, nullable=False),
    Column("baseline_months", Integer, nullable=False),
    Column("fall", Numeric(7, 4), nullable=False),
    Column("least_baseline", Money, nullable=False),
    Column("measured", JSONB, nullable=False),
    Column("models", JSONB),  # of the likelihood, by the month that began when they were fitted
    Column("reliability", JSONB, nullable=False),
)
