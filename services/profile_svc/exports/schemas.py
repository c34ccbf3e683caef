"""Exports over HTTP: asked for, and shown with their progress."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.profile_svc.exports.domain import ExportRequest, fields_for
from services.profile_svc.exports.repository import CustomerExport
from shared.chassis import Code, Id, Instant, Shape, Text
from shared.jobs import Job
from shared.jobs.http import JobRead, job_fields

FieldName = Annotated[Text, StringConstraints(min_length=1, max_length=60)]


class ExportFilters(Shape):
    """Which customers: all of what is given has to hold."""

    kind: Literal["organisation", "person"] | None = None
    region: Code | None = None
    tier: Code | None = Field(default=None, description="the tier now")
    updated_since: Instant | None = Field(default=None, description="whose file was changed then or later")
    ids: list[Id] | None = Field(default=None, min_length=1, max_length=1000, description="these customers alone")


class CustomerExportCreate(Shape):
    """Customers to write into a file."""

    format: Literal["csv", "ndjson"] = "csv"
    encoding: Literal["utf-8", "gb18030"] = Field(default="utf-8", description="of CSV; NDJSON is UTF-8")
    delimiter: Literal[",", ";", "\t", "|"] = ","
    fields: list[FieldName] | None = Field(
        default=None, min_length=1, max_length=60, description="in this order; null: all that one may see"
    )
    filters: ExportFilters = Field(default_factory=ExportFilters)

    def request(self, hidden: frozenset[str]) -> ExportRequest:
        """What the handlers are asked for, without the fields that are hidden from who asks."""
        filters: dict[str, Any] = self.filters.model_dump(mode="json", exclude_none=True)
        return ExportRequest(self.format, self.encoding, self.delimiter, fields_for(self.fields, hidden), filters)


class CustomerExportRead(JobRead):
    """An export: how far it is; done, its file can be fetched at `file`."""

    format: str
    fields: list[str]
    file: str | None = Field(description="where the file is, once it is whole")
    expires_at: datetime = Field(description="until then it can be fetched")

    @classmethod
    def of(cls, export: CustomerExport, job: Job) -> "CustomerExportRead":
        """An export and its job as they are shown."""
        layout = export.layout or {"format": "csv", "fields": []}
        where = f"/v1/customer-exports/{export.id}/file" if job.status == "done" else None
        return cls(
            **job_fields(job),
            format=layout["format"],
            fields=list(layout["fields"]),
            file=where,
            expires_at=export.expires_at,
        )
