"""All of profile's tables: their areas declare them, this gathers them, so that the metadata is whole."""

from services.profile_svc.calls.tables import call
from services.profile_svc.consents.tables import consent
from services.profile_svc.contacts.tables import contact_log
from services.profile_svc.core.tables import metadata
from services.profile_svc.employees.tables import employee
from services.profile_svc.erasure.tables import erasure, erasure_receipt
from services.profile_svc.exports.tables import customer_export
from services.profile_svc.files.tables import customer, customer_email, customer_name, customer_phone
from services.profile_svc.groups.tables import group_membership
from services.profile_svc.imports.tables import customer_import, import_row
from services.profile_svc.messages.tables import message_report, message_request
from services.profile_svc.overview.tables import case_copy, overview, receivable_copy
from services.profile_svc.person_exports.tables import person_export, person_export_part
from services.profile_svc.references.tables import customer_source
from services.profile_svc.teams.tables import team_assignment
from services.profile_svc.units.tables import unit
from shared.files.tables import file_tables

stored_file, stored_part, removed_part = file_tables(metadata)

__all__ = [
    "call",
    "case_copy",
    "consent",
    "contact_log",
    "customer",
    "customer_email",
    "customer_export",
    "customer_import",
    "customer_name",
    "customer_phone",
    "customer_source",
    "employee",
    "erasure",
    "erasure_receipt",
    "group_membership",
    "import_row",
    "message_report",
    "message_request",
    "metadata",
    "overview",
    "person_export",
    "person_export_part",
    "receivable_copy",
    "removed_part",
    "stored_file",
    "stored_part",
    "team_assignment",
    "unit",
]
