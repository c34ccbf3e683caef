"""The contract as a page: Swagger UI, vendored, on this host's own document. Nothing of it comes from another host."""

from functools import cache
from html import escape
from pathlib import Path

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain"}
FILES = ("docs.css", "docs.js", "swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt")
# Swagger UI styles elements where they stand, and draws its icons from data.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
KEPT = {"Cache-Control": "max-age=3600"}  # files without personal data, the same for everybody
LINKS = {"OpenAPI": "/openapi.json", "AsyncAPI": "/asyncapi.yaml"}


def docs_page(title: str, links: dict[str, str] | None = None, roles: tuple[str, ...] = ()) -> str:
    """HTML that shows /openapi.json with sign-in (bearer) and try-it.

    With `roles` it also offers tokens of the development issuer (/dev/token), one click a role.
    """
    options = "".join(f"<option>{escape(role)}</option>" for role in roles)
    sign_in = (
        '<form id="sign-in"><label for="role">Try as</label>'
        f'<select id="role" name="role">{options}</select><button>Sign in</button><output></output></form>'
    )
    body = (
        f"{page_header(title, LINKS | (links or {}), sign_in if roles else '')}"
        '<div id="swagger-ui"></div>'
        '<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/docs.js"></script>'
    )
    styles = '<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="stylesheet" href="/docs/docs.css">'
    return html_page(title, styles, f'<body data-contract="/openapi.json">{body}</body>')


def page_header(title: str, links: dict[str, str], more: str = "") -> str:
    """The bar above a page; `more` is HTML at its end."""
    shown = "".join(f'<a href="{escape(place)}">{escape(name)}</a>' for name, place in links.items())
    return f"<header><strong>{escape(title)}</strong>{shown}{more}</header>"


def html_page(title: str, head: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"{head}</head>{body}</html>"
    )


@cache
def static_file(name: str) -> tuple[bytes, str] | None:
    """A file of the page and its media type; None for what is no file of it."""
    if name not in FILES:
        return None
    return (STATIC / name).read_bytes(), MEDIA_TYPES[Path(name).suffix]
