"""What is said of key accounts, exclusions, candidates and risks (T8).

The sentences and the names of codes lie in `en.toml` and `zh.toml`; they are made of what was kept with a decision, so
they say what was known then. What a reader may not read has been taken out before (`domain/audience.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from services.tiering_svc.core.domain.numbers import grouped
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.key_accounts.domain.key_account import AccountClass, Nomination
from services.tiering_svc.key_accounts.domain.risk_flags import RiskFlag
from shared.texts import Language, Phrase, clauses, items, load_texts, phrase, sentences

__all__ = ["Language", "describe_class", "describe_finding", "describe_flag", "texts"]

texts = load_texts(__package__, {"grouped": grouped})

Finding = Mapping[str, Any]  # an examination as it is kept
FIGURES = ("amount", "orders", "margin_rate", "share_of_revenue")  # of a nomination: those that are said


def describe_class(
    account_class: AccountClass | None, nomination: Nomination | None, language: Language, zone: tzinfo
) -> str:
    """Whether a customer is a key account or excluded, since when and why. Days are written in `zone`. `nomination` is
    left out for who may not read reasons."""
    if account_class is None:
        return texts.say(language, "class.none")
    since = account_class.since.astimezone(zone)
    if account_class.class_code == "excluded":
        opening = phrase("class.excluded", since=since)
    else:
        opening = phrase(
            "class.key", kinds=items(phrase(f"kind.{kind}") for kind in account_class.kinds), since=since
        )  # fmt: skip
    decision = () if nomination is None else _decision(nomination, zone)
    until = account_class.until
    ended = None if until is None else phrase("class.ended", until=until.astimezone(zone))
    return texts.say(language, sentences(opening, *decision, ended))


def describe_flag(flag: RiskFlag, language: Language, zone: tzinfo) -> str:
    """Which risk, since when and why: what the rule found, or what the person said; and until when, if by hand."""
    finding = flag.evidence.get("finding")
    since = flag.raised_at.astimezone(zone)
    why: Phrase | str | None = flag.reason if finding is None else _finding(finding)
    risk = phrase(f"risk.{flag.risk}")
    if why is None:
        raised = phrase("flag.raised", risk=risk, since=since)
    else:
        raised = phrase("flag.raised_because", risk=risk, since=since, why=why)
    until = None if flag.until is None else phrase("flag.until", until=flag.until.astimezone(zone))
    return texts.say(language, sentences(raised, until))


def describe_finding(finding: Finding, language: Language) -> str:
    """A rule's name and the figures it found."""
    return texts.say(language, _finding(finding))


def _decision(nomination: Nomination, zone: tzinfo) -> Iterator[Phrase]:
    yield phrase(
        "decision.nominated", by=nomination.nominated_by, day=nomination.nominated_at.astimezone(zone),
        reason=nomination.reason, decided_by=nomination.decided_by,
    )  # fmt: skip
    values = {code: nomination.figures["values"].get(code) for code in FIGURES}
    known = [
        phrase("decision.figure", name=phrase(f"figure.{code}"), value=value)
        for code, value in values.items()
        if value is not None
    ]
    yield phrase("decision.figures", figures=_listed(known)) if known else phrase("decision.no_figures")
    met = [finding for finding in nomination.findings or () if finding["met"]] if nomination.class_code == "key" else []
    if met:
        rules = clauses(_finding(finding) for finding in met)
        yield phrase("decision.set_aside", rules=rules, reason=nomination.override_reason)


def _finding(finding: Finding) -> Phrase:
    parts = [_part(part) for part in finding["parts"]]
    if not parts:
        return phrase("finding.rule", name=finding["name"])
    return phrase("finding.looked_at", name=finding["name"], parts=_listed(parts))


def _part(part: Mapping[str, Any]) -> Phrase:
    value = phrase("finding.not_known") if part["value"] is None else grouped(part["value"])
    bound = phrase(f"comparison.{part['comparison']}", bound=part["bound"])
    return phrase("finding.part", indicator=_name_of(part["indicator"]), value=value, bound=bound)


def _name_of(indicator: str) -> Phrase | Mapping[str, str]:
    if f"indicator.{indicator}" in texts:
        return phrase(f"indicator.{indicator}")
    return INDICATORS[indicator].names if indicator in INDICATORS else {"en": indicator, "zh": indicator}


def _listed(phrases: list[Phrase]) -> Phrase:
    """Phrases one after another with commas: `a, b`, `a，b`."""
    listed = phrases[0]
    for following in phrases[1:]:
        listed = phrase("listed", first=listed, following=following)
    return listed
