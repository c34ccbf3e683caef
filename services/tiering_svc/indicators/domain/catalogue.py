"""The catalogue of indicators (T1): those of all four classes by their codes. Definitions are in each class's file."""

from services.tiering_svc.core.domain.numbers import Value
from services.tiering_svc.indicators.domain.contact import CONTACT
from services.tiering_svc.indicators.domain.finance import FINANCE
from services.tiering_svc.indicators.domain.indicator import Indicator
from services.tiering_svc.indicators.domain.profile import PROFILE
from services.tiering_svc.indicators.domain.satisfaction import SATISFACTION
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot, Receivables, Traits
from services.tiering_svc.indicators.domain.transaction import TRANSACTION

__all__ = ["INDICATORS", "Contacts", "CustomerSnapshot", "Indicator", "Receivables", "Traits", "Value"]

INDICATORS: dict[str, Indicator] = {
    indicator.code: indicator for indicator in (*TRANSACTION, *FINANCE, *CONTACT, *SATISFACTION, *PROFILE)
}
