"""How reliability is shown (T12): of back-tests of a rule, and of the models of a loss."""

from collections.abc import Sequence
from decimal import Decimal

from services.tiering_svc.monitoring.domain.likelihood.reliability import (
    Places,
    Reliability,
    default_counts,
    precision_at,
)
from services.tiering_svc.monitoring.schemas.warnings import (
    RankedShareRead,
    RankingRead,
    ReliabilityBandRead,
    ReliabilityRead,
)


def four_places(share: float | None) -> str | None:
    """A share as text; None stays None."""
    return None if share is None else spelled_share(share)


def spelled_share(share: float) -> str:
    """A share as text, to four decimals."""
    return str(Decimal(share).quantize(Decimal("0.0001")))


def reliability_read(reliability: Reliability, *, of_rules: Sequence[int] = ()) -> ReliabilityRead:
    """The curve, the scores, and the rankings at the counts that `of_rules` and shares of everybody give."""
    ranked = bool(reliability.by_likelihood)
    return ReliabilityRead(
        count=reliability.count,
        brier=four_places(reliability.brier),
        base_rate_brier=four_places(reliability.base_rate_brier),
        bands=[
            ReliabilityBandRead(
                low=spelled_share(band.low),
                high=spelled_share(band.high),
                count=band.samples,
                predicted=spelled_share(band.predicted),
                observed=spelled_share(band.observed),
            )
            for band in reliability.bands()
        ],
        rankings=[
            RankingRead(
                count=count,
                likelihood=_share_at(reliability, reliability.by_likelihood, count),
                last_month=_share_at(reliability, reliability.by_last_month, count),
            )
            for count in (default_counts(reliability.count, of_rules=of_rules) if ranked else ())
        ],
    )


def _share_at(reliability: Reliability, places: Places, count: int) -> RankedShareRead:
    return RankedShareRead(
        precision=four_places(precision_at(places, count)), recall=four_places(reliability.recall_at(places, count))
    )
