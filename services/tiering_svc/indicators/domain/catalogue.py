"""The indicators of the four classes (T1), by their codes. What each one means is said where its class is."""

from services.tiering_svc.core.domain.numbers import Value
from services.tiering_svc.indicators.domain.contact import CONTACT
from services.tiering_svc.indicators.domain.finance import FINANCE
from services.tiering_svc.indicators.domain.indicator import Indicator
from services.tiering_svc.indicators.domain.profile import PROFILE
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Receivables, Traits
from services.tiering_svc.indicators.domain.transaction import TRANSACTION

__all__ = ["INDICATORS", "Contacts", "CustomerSnapshot", "Indicator", "Receivables", "Traits", "Value"]

INDICATORS: dict[str, Indicator] = {one.code: one for one in (*TRANSACTION, *FINANCE, *CONTACT, *PROFILE)}
