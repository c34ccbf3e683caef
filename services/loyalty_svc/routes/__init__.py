"""HTTP in: a customer's points, holds, and what is decided about points."""

from services.loyalty_svc.routes.deciding import router as deciding
from services.loyalty_svc.routes.points import router as points
from services.loyalty_svc.routes.spending import router as spending

routers = (points, spending, deciding)
