"""Erasure: of whose data was erased nothing personal is left, in any service (P13)."""

from collections.abc import Mapping

from deploy.verify.included import Every
from deploy.verify.invariant import Within
from services.complaint_svc.personal_data import PERSONAL_DATA as COMPLAINT
from services.gateway.personal_data import PERSONAL_DATA as GATEWAY
from services.loyalty_svc.personal_data import PERSONAL_DATA as LOYALTY
from services.profile_svc.personal_data import PERSONAL_DATA as PROFILE
from services.tiering_svc.personal_data import PERSONAL_DATA as TIERING
from shared.erasure import PersonalData
from shared.erasure.statements import left_statement

PERSONAL_DATA: Mapping[str, PersonalData] = {
    data.service: data for data in (GATEWAY, PROFILE, TIERING, COMPLAINT, LOYALTY)
}
"""What each service says of its tables."""

NOTHING_LEFT = "of a customer whose data was erased nothing personal is left, in any table of any service"
RECEIPTS = "an erasure has ended when each service has told that it erased, and then who the person was is forgotten"

INVARIANTS = (
    Every(
        "nothing_left",
        NOTHING_LEFT,
        [
            Within(
                "nothing_left",
                NOTHING_LEFT,
                (service,),
                checked="select count(*) from erased_customer where person_id is null and erased_at is not null",
                offending=left_statement(data),
            )
            for service, data in PERSONAL_DATA.items()
        ],
    ),
    Within(
        "erasure_receipts",
        RECEIPTS,
        ("profile",),
        checked="select count(*) from erasure",
        offending="""
            select id, customer_id from erasure e
            where (finished_at is not null) is distinct from (
                select bool_and(5 = (select count(*) from erasure_receipt r
                                     where r.erasure_id = m.erasure_id and r.customer_id = m.customer_id))
                from erased_customer m where m.erasure_id = e.id)
        """,
    ),
)
