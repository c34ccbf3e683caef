"""The tables the gateway owns, gathered from its areas so that the metadata is whole."""

from services.gateway.access.tables import employee_sign_in, partner_key, revoked_token
from services.gateway.core.tables import metadata
from services.gateway.intake.tables import customer_order, delivery, reversal
from services.gateway.partners.tables import partner
from services.gateway.receivables.tables import payment, receivable
from services.gateway.references.tables import customer_reference, known_customer, reference_removal

__all__ = [
    "customer_order", "customer_reference", "delivery", "employee_sign_in", "known_customer", "metadata", "partner",
    "partner_key", "payment", "receivable", "reference_removal", "reversal", "revoked_token",
]  # fmt: skip
