"""What routes ask of partners: the process's directory of sources."""

from fastapi import Request

from services.gateway.partners.handlers import SourceDirectory


def sources_of(request: Request) -> SourceDirectory:
    """The process's directory of sources."""
    sources: SourceDirectory = request.app.state.sources
    return sources
