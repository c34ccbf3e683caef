"""Field types that several areas' requests carry."""

from typing import Annotated

from pydantic import StringConstraints

from shared.chassis import Text

Reference = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
