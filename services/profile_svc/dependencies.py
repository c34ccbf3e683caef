"""What profile's routes share: who asks, in profile's terms, and this deployment's settings."""

from typing import Annotated

from fastapi import Depends, Request

from services.profile_svc.core.domain import Reader, source_of_partner
from services.profile_svc.settings import Settings
from shared.chassis import CurrentActor
from shared.messaging import Database


def settings_of(request: Request) -> Settings:
    """This deployment's settings of profile."""
    settings: Settings = request.app.state.service.settings
    return settings


def database_of(request: Request) -> Database:
    """The service's database, for reads that bring their own transaction."""
    database: Database = request.app.state.service.database
    return database


def reader_of(actor: CurrentActor) -> Reader:
    """A partner's source is fixed by its id, the same string that intake's registry uses."""
    source = None if actor.partner_id is None else source_of_partner(actor.partner_id)
    return Reader(f"{actor.kind}:{actor.subject}", source)


CurrentReader = Annotated[Reader, Depends(reader_of)]
CurrentDatabase = Annotated[Database, Depends(database_of)]
CurrentSettings = Annotated[Settings, Depends(settings_of)]
