"""What a warning about a class of customers or a product line says (T12)."""

from collections.abc import Callable, Mapping

from services.tiering_svc.monitoring.texts import months_of, texts
from services.tiering_svc.monitoring.texts.warnings import DESCRIBE, Evidence
from shared.texts import Joined, Phrase, Words, items, phrase, sentences


def describe(evidence: Evidence, currency: str, dimension: str | None, code: str | None) -> Words:
    """The evidence of a warning in words: of a class (or product line) by its dimension and code, of a customer
    without."""
    kind = evidence["kind"]
    sentence = CLASS_DESCRIBE[kind](evidence) if kind in CLASS_DESCRIBE else DESCRIBE[kind](evidence, currency)
    if dimension is None:
        return texts.both(sentence)
    about = phrase("class_warning.about", subject=phrase(f"class_warning.{dimension}", code=code), sentence=sentence)
    months = evidence.get("backfilled") or []
    late = phrase("class_warning.backfilled", months=items([phrase("window.month", month=month) for month in months]))
    return texts.both(sentences(about, late if months else None))


def _buyers_down(evidence: Evidence) -> Phrase | Joined:
    fall = evidence["fall_percent"]
    return phrase(
        f"buyers_down.{'above' if fall.startswith('-') else 'below'}", recent=months_of(evidence["recent"]),
        now=evidence["recent_buyers"], percent=fall.lstrip("-"), usual=evidence["baseline_buyers"],
        baseline=months_of(evidence["baseline"]),
    )  # fmt: skip


CLASS_DESCRIBE: Mapping[str, Callable[[Evidence], Phrase | Joined]] = {"buyers_down": _buyers_down}
