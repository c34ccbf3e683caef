"""A customer that this service does not know yet is looked for at its owners before it is refused with 404.

Who has just opened a customer may use it at once, also at a service that its event has not reached: the handler's
refusal ends its transaction, the customer's streams are pulled, and the handler runs again.
"""

from uuid import UUID

from shared.chassis.problems import Refused
from shared.chassis.service import Service
from shared.errors import DomainError
from shared.events import CustomerReferenceRegistered, CustomerRegistered
from shared.messaging.inbox.pull_on_demand import Answer

CUSTOMER_TOPICS = frozenset({CustomerRegistered.topic, CustomerReferenceRegistered.topic})
"""What makes a customer known: its file, or a source's reference to it; whichever comes first."""

RETRY_SECONDS = 1


class CustomerLookup:
    """Of one request: the customers that were looked for already, each once."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._answers: dict[UUID, Answer] = {}

    async def may_be_known_now(self, refusal: DomainError) -> bool:
        """Look for whom a `customer_not_found` is about. Whether to run again what was refused; other refusals stand.

        Called outside of the transaction that was refused. False for who was looked for before: `answer_to` the refusal
        is final then.
        """
        customer_id = refusal.unknown_customer
        if customer_id is None or customer_id in self._answers or self.service.pull_on_demand is None:
            return False
        answer = self._answers[customer_id] = await self.service.pull_on_demand.pull(str(customer_id))
        return answer is not Answer.ABSENT

    def answer_to(self, refusal: DomainError) -> Exception:
        """The refusal as it is; or 503 `customer_not_known_yet`, where an owner that could know has not answered."""
        if refusal.unknown_customer is None or self._answers.get(refusal.unknown_customer) is not Answer.UNKNOWN:
            return refusal
        detail = "Whether there is such a customer can not be told for the moment."
        return Refused(503, "customer_not_known_yet", detail, headers={"Retry-After": str(RETRY_SECONDS)})
