"""What routes ask of the overview: the process's names of tiers."""

from typing import Annotated

from fastapi import Depends, Request

from services.profile_svc.overview.repository.tier_names import TierNames


def tier_names_of(request: Request) -> TierNames:
    """What tiers are called, as tiering said it last."""
    names: TierNames = request.app.state.tier_names
    return names


CurrentTierNames = Annotated[TierNames, Depends(tier_names_of)]
