"""What profile's routes share: the service's database, and this deployment's settings."""

from typing import Annotated

from fastapi import Depends, Request

from services.profile_svc.settings import Settings
from shared.messaging import Database


def settings_of(request: Request) -> Settings:
    """This deployment's settings of profile."""
    settings: Settings = request.app.state.service.settings
    return settings


def database_of(request: Request) -> Database:
    """The service's database, for reads that bring their own transaction."""
    database: Database = request.app.state.service.database
    return database


CurrentDatabase = Annotated[Database, Depends(database_of)]
CurrentSettings = Annotated[Settings, Depends(settings_of)]
