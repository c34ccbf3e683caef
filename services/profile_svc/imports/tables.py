"""Imports: one row for each, and one for each row of its file."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.profile_svc.core.tables import Timestamp, metadata

customer_import = Table(  # an import, beside its job, which has the same id
    "customer_import",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("file_id", Uuid, nullable=False),
    Column("owner", Text, nullable=False),  # the client who asked for it
    Column("dry_run", Boolean, nullable=False),
    Column("encoding", Text),  # given or found
    Column("layout", JSONB),  # how the file is read: header, delimiter, targets, constants
    Column("problem", JSONB),  # why the whole file was refused: code, byte, row
    Column("opened", BigInteger, nullable=False, server_default="0"),
    Column("updated", BigInteger, nullable=False, server_default="0"),
    Column("unchanged", BigInteger, nullable=False, server_default="0"),
    Column("skipped", BigInteger, nullable=False, server_default="0"),
    Column("refused", BigInteger, nullable=False, server_default="0"),
    Column("candidates", BigInteger, nullable=False, server_default="0"),
    Column("formula_cells", BigInteger, nullable=False, server_default="0"),
    Column("reversal_id", Uuid),  # the job that undoes it
    Column("reversed", BigInteger, nullable=False, server_default="0"),
    Column("kept", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),  # its rows are forgotten then
    Index("customer_import_newest", "created_at", "id"),
    Index("customer_import_expires", "expires_at"),
)
import_row = Table(  # what became of a row; personal data in it goes with the import's time, or with its customer
    "import_row",
    metadata,
    Column("import_id", ForeignKey("customer_import.id"), primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("customer_id", Uuid),
    Column("version", Integer),  # of the file after it
    Column("before", JSONB),  # what the file said before it; null where the row opened it
    Column(
        "candidate", Boolean, nullable=False, server_default="false"
    ),  # somebody else has the same number or address
    Column("code", Text),  # why it was refused
    Column("field", Text),
    Column("detail", Text),
    Column("content", Text),  # of a refused row: what it said
    Column("reversal", Text),  # undone, or why it was kept
    CheckConstraint("outcome in ('opened', 'updated', 'unchanged', 'skipped', 'refused')", name="import_row_outcome"),
    Index(
        "import_row_customer",
        "customer_id",
        "import_id",
        postgresql_where=text("outcome in ('opened', 'updated')"),
    ),
    Index("import_row_refused", "import_id", "row_number", postgresql_where=text("outcome = 'refused'")),
)
