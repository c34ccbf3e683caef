"""Imports over HTTP: asked for, shown with their progress, their rows one by one."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.profile_svc.files.schemas import FileFacts, ReferenceShape
from services.profile_svc.imports.domain.import_request import ImportRequest
from services.profile_svc.imports.domain.row_outcomes import RowRequest
from services.profile_svc.imports.repository.imports import CustomerImport, RowReport
from services.profile_svc.references.domain import Reference
from shared.chassis import Id, Read, Shape, Text
from shared.jobs import Job
from shared.jobs.http import JobRead, job_fields


class ImportedFile(FileFacts):
    """A row: facts of a new customer, or of one that its id or reference names."""

    kind: Literal["organisation", "person"] | None = Field(default=None, description="needed for a new customer")
    reference: ReferenceShape | None = None
    id: Id | None = Field(default=None, description="of a customer that is there already")

    def row_request(self) -> RowRequest:
        """What the row asks for."""
        reference = None if self.reference is None else Reference(self.reference.source, self.reference.ref)
        return RowRequest(self.kind, self.facts(), reference, self.id)


def read_row_content(content: Any) -> RowRequest:
    """What a row's JSON asks for; pydantic's ValidationError for what it can not be."""
    return ImportedFile.model_validate(content).row_request()


Column = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Cell = Annotated[Text, StringConstraints(min_length=1, max_length=300)]
Number = Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})]
Outcome = Literal["opened", "updated", "unchanged", "skipped", "refused"]


class CustomerImportCreate(Shape):
    """Customers to read from an uploaded file."""

    upload_id: Id = Field(description="an upload of one's own, with all of its bytes")
    format: Literal["csv", "ndjson"] = "csv"
    encoding: Literal["utf-8", "gb18030"] | None = Field(
        default=None, description="GB18030 reads GBK and GB2312 too; null: found by reading the whole file"
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(default=None, description="null: found in the header")
    mapping: dict[Column, Column | None] | None = Field(
        default=None,
        max_length=200,
        description="column of the file -> field; null leaves a column out. Without it the header names the fields",
    )
    constants: dict[Column, Cell] = Field(
        default_factory=dict, max_length=20, description="field -> value of rows that do not say it: kind, source"
    )
    dry_run: bool = Field(default=False, strict=True, description="true: read and judged, nothing is written")
    on_existing: Literal["update", "skip", "refuse"] = Field(
        default="refuse", description="what becomes of a row whose customer is there already and says something else"
    )

    def request(self) -> ImportRequest:
        """What the handlers are asked for."""
        return ImportRequest(
            self.upload_id, self.format, self.encoding, self.delimiter, self.mapping, self.constants, self.dry_run,
            self.on_existing,
        )  # fmt: skip


class CountsRead(Read):
    """Rows by what became of them."""

    opened: Number = Field(description="of new customers")
    updated: Number
    unchanged: Number = Field(description="that say what the file says already")
    skipped: Number = Field(description="whose customers were there already, by `on_existing`")
    refused: Number
    candidates: Number = Field(description="customers with a telephone number or e-mail address of somebody else")
    formula_cells: Number = Field(description="cells that look like formulas: kept as the text they are")


class ReversalRead(Read):
    """How far the undoing of an import is."""

    id: UUID
    customers_undone: Number
    customers_kept: Number = Field(description="changed since, or with facts of their own: see `rows?kept=true`")


class FileProblemRead(Read):
    """Why the whole file was refused."""

    code: str
    detail: str
    row: Number | None = Field(default=None, description="counted from 1, the header included")
    byte: Number | None = Field(default=None, description="counted from 0")
    encoding: str | None = None


class CustomerImportRead(JobRead):
    """An import: how far it is, and what became of its rows."""

    dry_run: bool
    encoding: str | None = Field(description="given or found; null: not read yet")
    problem: FileProblemRead | None = Field(description="why the whole file was refused")
    rows: CountsRead
    reversal: ReversalRead | None = Field(description="null: nobody has undone it")
    expires_at: datetime = Field(description="until then it can be undone and its rows can be read")

    @classmethod
    def of(cls, imported: CustomerImport, job: Job) -> "CustomerImportRead":
        """An import and its job as they are shown."""
        counts = {name: getattr(imported, name) for name in CountsRead.model_fields}
        reversal = imported.reversal_id and ReversalRead(
            id=imported.reversal_id, customers_undone=imported.reversed, customers_kept=imported.kept
        )
        known: dict[str, Any] = imported.problem or {}
        return cls(
            **job_fields(job),
            dry_run=imported.dry_run,
            encoding=imported.encoding,
            problem=FileProblemRead(**known) if known else None,
            rows=CountsRead(**counts),
            reversal=reversal or None,
            expires_at=imported.expires_at,
        )


class ImportRowRead(Read):
    """What became of a row."""

    row: Number = Field(description="its number in the file, the header included")
    outcome: Outcome
    customer_id: UUID | None
    candidate: bool = Field(description="somebody else has the same telephone number or e-mail address")
    code: str | None = Field(description="why it was refused")
    field: str | None = Field(description="the field that is not right")
    detail: str | None = Field(description="the reason as a sentence, in the language asked for")
    reversal: str | None = Field(description="undone; or why it was kept: changed_since, fact_since, gone")

    @classmethod
    def of(cls, report: RowReport, detail: str | None) -> "ImportRowRead":
        """A row's report with its reason in some language."""
        named = ("outcome", "customer_id", "candidate", "code", "field", "reversal")
        return cls(row=report.row_number, detail=detail, **{name: getattr(report, name) for name in named})
