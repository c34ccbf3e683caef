"""A person's export over HTTP (P13)."""

from pydantic import Field

from services.profile_svc.person_exports.repository import PersonExport
from shared.chassis import Instant
from shared.jobs import Job
from shared.jobs.http import JobRead, job_fields


class PersonExportRead(JobRead):
    """An export of what is held of a customer, and how far it is."""

    expires_at: Instant = Field(description="until when it can be fetched")
    fetched_at: Instant | None = Field(description="when it was fetched; it can be once")


def show_export(export: PersonExport, job: Job) -> PersonExportRead:
    """An export as it is told."""
    return PersonExportRead(**job_fields(job), expires_at=export.expires_at, fetched_at=export.fetched_at)
