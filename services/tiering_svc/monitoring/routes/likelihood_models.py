"""The models that say how likely a loss is (T12): what each was fitted to, and how often it proved right."""

from datetime import date
from uuid import UUID

from services.tiering_svc.core.domain.calendar import shift, spelled
from services.tiering_svc.monitoring.repository import likelihood_models
from services.tiering_svc.monitoring.repository.likelihood_models import LikelihoodModelVersion
from services.tiering_svc.monitoring.routes.reliability import reliability_read
from services.tiering_svc.monitoring.schemas.likelihood_models import LikelihoodModelRead
from shared.chassis import Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router, staff_only

router = service_router(prefix="/v1", tags=["warnings"], dependencies=[staff_only])


@router.get("/likelihood-models", dependencies=[allow("tiers:read")])
async def list_likelihood_models(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[LikelihoodModelRead]:
    """The models of a loss, newest first; one a month, once there is enough history."""
    before = read_cursor(cursor, UUID)
    listed = await likelihood_models.list_models(tx, before[0] if before else None, limit + 1)
    return page_of([_version(version) for version in listed], limit, lambda version: (version.id,))


@router.get("/likelihood-models/{model_id}", dependencies=[allow("tiers:read")])
async def show_likelihood_model(model_id: Id, tx: Tx) -> LikelihoodModelRead:
    """A model of a loss: what it was fitted to, and its reliability on customers that it was not fitted to."""
    return _version(await likelihood_models.read_model(tx, model_id))


def _version(version: LikelihoodModelVersion) -> LikelihoodModelRead:
    model = version.model
    return LikelihoodModelRead(
        id=version.model_id,
        as_of=version.as_of,
        fitted_at=version.fitted_at,
        source=version.source,
        because=version.because,
        samples=version.samples,
        losses=version.losses,
        first_month=None if model is None else _month_before(model.first_month),
        last_month=None if model is None else _month_before(model.last_month),
        reliability=reliability_read(version.reliability),
    )


def _month_before(month: date) -> str:
    """The month that ended when this one began."""
    return spelled(shift(month, -1))
