"""HTTP in: filing and reading, the steps of a case, the rules."""

from services.complaint_svc.routes.complaints import router as complaints_router
from services.complaint_svc.routes.rules import router as rules_router
from services.complaint_svc.routes.steps import router as steps_router

routers = (complaints_router, steps_router, rules_router)

__all__ = ["routers"]
