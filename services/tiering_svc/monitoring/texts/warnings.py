"""What a warning's evidence says (T12)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from services.tiering_svc.monitoring.texts import months_of, texts
from shared.texts import FORMATS, Joined, Phrase, Words, clauses, phrase, sentences

Evidence = Mapping[str, Any]


def describe_evidence(evidence: Evidence, currency: str) -> Words:
    """The evidence of a warning or of a change of one, as it is stored: its `kind` says what is in it."""
    return texts.both(DESCRIBE[evidence["kind"]](evidence, currency))


def describe_factor(factor: Mapping[str, str]) -> Words:
    """One of the reasons for a likelihood: what was measured, and whether it makes a loss likelier or not."""
    effect = phrase(f"factor_effect.{'less' if factor['contribution'].startswith('-') else 'more'}")
    return texts.both(
        "factor_effect.whole", what=phrase(f"factor.{factor['code']}", value=factor["value"]), effect=effect
    )


def _revenue_down(evidence: Evidence, currency: str) -> Joined:
    fall = evidence["fall_percent"]
    rose = fall.startswith("-")
    change = phrase(
        f"revenue_down.{'above' if rose else 'below'}", recent=months_of(evidence["recent"]),
        now=evidence["recent_a_day"], currency=currency, percent=fall.lstrip("-"), usual=evidence["baseline_a_day"],
        baseline=months_of(evidence["baseline"]),
    )  # fmt: skip
    deviations = evidence.get("deviations")
    unusual = None if deviations is None or rose else phrase("revenue_down.deviations", times=deviations)
    return sentences(change, unusual)


def _falling(evidence: Evidence, currency: str) -> Phrase:
    months, running = evidence["months"], evidence["months_running"]
    if not running:
        return phrase("falling.none", month=max(months))
    path = " → ".join(FORMATS["money"](amount) for amount in months.values())
    return phrase(
        "falling.running", months=running, percent=evidence["fall_percent"], first=min(months), last=max(months),
        path=path, currency=currency,
    )  # fmt: skip


def _silent(evidence: Evidence, currency: str) -> Phrase:
    days, cycle, times = evidence["silent_days"], evidence.get("cycle_days"), evidence.get("times")
    if cycle is None:
        return phrase("silent.last_order", days=days)
    silence = phrase("silent.silence", days=days, since=evidence["last_order"])
    own_cycle = phrase("silent.cycle", cycle=cycle)
    if times is None:
        return phrase("silent.usual", silence=silence, cycle=own_cycle)
    return phrase("silent.beyond", silence=silence, cycle=own_cycle, times=times)


def _complaints_up(evidence: Evidence, currency: str) -> Phrase:
    return phrase(
        "complaints_up.more", count=evidence["recent_complaints"], recent=months_of(evidence["recent"]),
        usual=evidence["usual_complaints"], baseline=months_of(evidence["baseline"]),
    )  # fmt: skip


def _arrears(evidence: Evidence, currency: str) -> Phrase:
    overdue, outstanding = evidence["overdue"], evidence["outstanding"]
    if not Decimal(overdue):
        return phrase("arrears.none", outstanding=outstanding, currency=currency)
    return phrase(
        "arrears.overdue", overdue=overdue, currency=currency, percent=evidence["rate_percent"],
        outstanding=outstanding, days=evidence["days_late"],
    )  # fmt: skip


def _satisfaction_down(evidence: Evidence, currency: str) -> Phrase:
    return phrase(
        "satisfaction_down.means", source=phrase(f"satisfaction_down.source.{evidence['measure']}"),
        recent=months_of(evidence["recent"]), now=evidence["recent_mean"],
        answers_now=phrase("satisfaction_down.answers", count=evidence["recent_answers"]),
        baseline=months_of(evidence["baseline"]), before=evidence["baseline_mean"],
        answers_before=phrase("satisfaction_down.answers", count=evidence["baseline_answers"]),
    )  # fmt: skip


def _likely_loss(evidence: Evidence, currency: str) -> Joined:
    likely = phrase("likely_loss.likely", percent=evidence["likelihood"])
    reasons = clauses([phrase(f"factor.{factor['code']}", value=factor["value"]) for factor in evidence["reasons"]])
    return sentences(likely, phrase("likely_loss.reasons", reasons=reasons) if evidence["reasons"] else None)


DESCRIBE: Mapping[str, Callable[[Evidence, str], Phrase | Joined]] = {
    "revenue_down": _revenue_down,
    "falling": _falling,
    "silent": _silent,
    "complaints_up": _complaints_up,
    "arrears": _arrears,
    "satisfaction_down": _satisfaction_down,
    "likely_loss": _likely_loss,
}
