"""What the routes of every area share: the service's parts, its settings, and the check of a body's media type."""

from fastapi import Request

from services.gateway.settings import Settings
from shared.chassis import Refused, Service


def service_of(request: Request) -> Service:
    """The parts of the running service."""
    service: Service = request.app.state.service
    return service


def settings_of(request: Request) -> Settings:
    """The gateway's settings."""
    settings: Settings = request.app.state.service.settings
    return settings


def require_media_type(request: Request, *accepted: str) -> None:
    """415 unless the body's `Content-Type`, without its parameters, is one of these."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in accepted:
        raise Refused(415, "unsupported_media_type", f"Send {' or '.join(accepted)}.")
