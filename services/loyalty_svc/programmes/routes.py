"""The programme over HTTP: written, approved by another person, put in force, by when."""

from services.loyalty_svc.programmes.repository import PROGRAMME
from services.loyalty_svc.programmes.schemas import ProgrammeDocument
from shared.chassis import staff_only
from shared.rule_sets import rule_set_routes

router = rule_set_routes(
    PROGRAMME,
    "/v1/programmes",
    ProgrammeDocument,
    singular="programme",
    tags=["points"],
    read="points:read",
    dependencies=[staff_only],
)
