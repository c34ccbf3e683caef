"""The programme: its versions, and a new one."""

from services.loyalty_svc.programmes import handlers, repository
from services.loyalty_svc.programmes.schemas import ProgrammeCreate, ProgrammeRead
from shared.chassis import CurrentActor, Tx, allow, service_router

router = service_router(prefix="/v1", tags=["points"])


@router.get("/programmes", dependencies=[allow("points:read")])
async def list_programmes(tx: Tx) -> list[ProgrammeRead]:
    """Every version of the programme, the newest first."""
    programmes = await repository.load_programmes(tx)
    return [ProgrammeRead.model_validate(programme) for programme in programmes.all()]


@router.post("/programmes", status_code=201, dependencies=[allow("policies:write")])
async def add_programme(body: ProgrammeCreate, tx: Tx, actor: CurrentActor) -> ProgrammeRead:
    """A new version, for orders placed from `effective_from` on. What was earned before stays as it was."""
    terms = body.model_dump(mode="json", exclude={"effective_from"})
    return ProgrammeRead.model_validate(await handlers.add_programme(tx, body.effective_from, terms, actor.subject))
