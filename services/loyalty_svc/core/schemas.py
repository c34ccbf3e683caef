"""Field types that several areas' requests carry."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.chassis import Text

Reference = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
MOST_POINTS = 10_000_000  # nobody moves more at once by hand, whoever approves it; a programme may say less
MovedPoints = Annotated[int, Field(strict=True, ge=1, le=MOST_POINTS)]
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
