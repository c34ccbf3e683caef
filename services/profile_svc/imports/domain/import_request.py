"""What is asked of an import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.profile_svc.imports.domain.records import Encoding
from services.profile_svc.imports.domain.row_outcomes import OnExisting

FileFormat = Literal["csv", "ndjson"]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Which file, how it is to be read, and what becomes of customers who are there already."""

    upload_id: UUID
    format: FileFormat
    encoding: Encoding | None  # None: found by reading the file
    delimiter: str | None  # None: found in the header
    mapping: Mapping[str, str | None] | None  # column -> field; None: the header names the fields
    constants: Mapping[str, str]  # fields that every row has, unless it says something else
    dry_run: bool
    on_existing: OnExisting
