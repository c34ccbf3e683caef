"""What happened since a tier began, and how the customer stands as of the instant asked about, in words (T9)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from services.tiering_svc.tiers.domain.tier_view import TierView
from services.tiering_svc.tiers.texts import Language, describe_figures, texts
from shared.texts import Phrase, phrase, sentences


def write_developments(
    view: TierView, assessment: Mapping[str, Any], as_of: datetime, language: Language, *, zone: tzinfo, currency: str
) -> str:
    """What kept the tier, until when it is kept, and the figures with what is missing for the next level. `assessment`:
    the view's, as far as the reader may read it; days are told in `zone`, money in `currency`."""
    return texts.say(
        language,
        sentences(
            *_since_then(view, zone),
            *_kept(view, as_of, zone),
            phrase("now.opening", as_of=as_of.astimezone(zone)),
            *describe_figures(assessment, currency),
            *_other_ladder(view),
        ),
    )


def _since_then(view: TierView, zone: tzinfo) -> Iterator[Phrase]:
    developments = view.developments
    kept = [development for development in developments if development.kind == "kept"]
    if kept:
        yield phrase("since_then.kept", reviews=len(kept), at=kept[-1].at.astimezone(zone))
    for development in developments:
        if development.kind == "override_ended":
            yield phrase("since_then.override_ended", at=development.at.astimezone(zone))
    activations = [(development.at, development.policy) for development in developments if development.policy]
    if activations:
        at, policy = activations[-1]
        if (policy.policy_id, policy.version) != (view.standing.policy_id, view.standing.policy_version):
            yield phrase("since_then.policy", at=at.astimezone(zone), name=policy.names, version=policy.version)


def _kept(view: TierView, as_of: datetime, zone: tzinfo) -> Iterator[Phrase]:
    standing = view.standing
    if standing.below_since is not None and standing.grace_until is not None:
        yield phrase(
            "since_then.grace", since=standing.below_since.astimezone(zone), until=standing.grace_until.astimezone(zone)
        )
    if standing.retained_until is not None and standing.retained_until > as_of:
        yield phrase("since_then.retained", until=standing.retained_until.astimezone(zone))
    if standing.promised_until is not None and standing.promised_until > as_of:
        yield phrase("since_then.promised", until=standing.promised_until.astimezone(zone))


def _other_ladder(view: TierView) -> Iterator[Phrase]:
    if view.standing.ladder != view.policy.ladder:
        yield phrase("now.other_ladder", level=view.assessment["tier"]["name"])
