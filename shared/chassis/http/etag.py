"""ETag and If-Match on what people edit: nobody overwrites a change they have not seen."""

from typing import Annotated

from fastapi import Header, Response

from shared.chassis.problems import Refused

IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag of the version that was read")]


def etag_of(version: object) -> str:
    """A strong ETag from a row's version (a counter, or an instant)."""
    return f'"{version}"'


def show_etag(response: Response, version: object) -> None:
    """Puts the version's ETag on the answer."""
    response.headers["ETag"] = etag_of(version)


def require_unchanged(if_match: str | None, version: object, *, demanded: bool = False) -> None:
    """412 when the caller saw another version; 428 when it must say which one it saw and does not."""
    if if_match is None:
        if demanded:
            raise Refused(428, "version_needed", "Send If-Match with the ETag of the version you read.")
        return
    seen = {tag.strip() for tag in if_match.split(",")}
    if "*" not in seen and etag_of(version) not in seen:
        raise Refused(412, "changed_meanwhile", "It was changed since you read it: read it again.")
