"""The indicators of the four classes (T1), by their codes. What each one means is said where its class is."""

from services.tiering_svc.domain.indicator import Indicator
from services.tiering_svc.domain.indicators_contact import CONTACT
from services.tiering_svc.domain.indicators_finance import FINANCE
from services.tiering_svc.domain.indicators_profile import PROFILE
from services.tiering_svc.domain.indicators_transaction import TRANSACTION
from services.tiering_svc.domain.known import Contacts, Known, Receivables, Traits, Value

__all__ = ["INDICATORS", "Contacts", "Indicator", "Known", "Receivables", "Traits", "Value"]

INDICATORS: dict[str, Indicator] = {one.code: one for one in (*TRANSACTION, *FINANCE, *CONTACT, *PROFILE)}
