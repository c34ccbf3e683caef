"""What routes of several areas ask FastAPI for."""

from typing import Annotated

from fastapi import Depends, Request

from services.loyalty_svc.settings import Settings


def settings_of(request: Request) -> Settings:
    """The settings this service was started with."""
    settings = request.app.state.service.settings
    assert isinstance(settings, Settings)
    return settings


CurrentSettings = Annotated[Settings, Depends(settings_of)]
