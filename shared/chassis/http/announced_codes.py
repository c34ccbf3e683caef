"""Codes that get into events: what looks like a telephone number is refused, because an event stands for ever.

References and ids from outside are `Code`: they may be telephone numbers, and no event has them (K25).
"""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.chassis.http.shapes import Code
from shared.personal_data import looks_personal


def refuse_personal(code: str) -> str:
    """The code as it is. Refused as `looks_personal` when it has the form of a telephone number."""
    if looks_personal(code):
        raise PydanticCustomError(
            "looks_personal", "This must be a code; what looks like a telephone number is not announced."
        )
    return code


AnnouncedCode = Annotated[Code, AfterValidator(refuse_personal)]
