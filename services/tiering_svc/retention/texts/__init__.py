"""What is said of a lost customer and of a customer's lifetime value, and why models could not be fitted (T13).

The sentences lie in `en.toml` and `zh.toml`. Days are written in the zone of the business.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from services.tiering_svc.core.domain.numbers import plain
from services.tiering_svc.retention.domain.buyers import LifetimeValue
from services.tiering_svc.retention.domain.churn import Silence
from shared.texts import FORMATS, Language, Phrase, Words, load_texts, phrase, sentences

__all__ = ["FAILURES", "Language", "describe_lifetime_value", "describe_loss", "texts"]

TENTH = Decimal("0.1")


def _rounded(number: Decimal) -> str:
    """A number with at most two decimals and commas: 1234.567 -> `1,234.57`."""
    return FORMATS["number"](f"{number:.2f}")


texts = load_texts(__package__, {"rounded": _rounded})

FAILURES: Mapping[str, Words] = texts.names("failure")  # why the models could not be fitted, by code


def describe_loss(
    last_order_at: datetime, cycle_days: Decimal | None, limit_days: Decimal, lost_at: datetime, silence: Silence,
    language: Language, zone: tzinfo,
) -> str:  # fmt: skip
    """Why a customer counts as lost: its last order, its own cycle if it has one, and the limit that the rule gives."""
    if cycle_days is None:
        own_cycle = phrase("lost.no_cycle")
    else:
        own_cycle = phrase("lost.cycle", days=plain(cycle_days.quantize(TENTH)))
    limit = phrase(
        "lost.limit", cycles=plain(silence.cycles), least_days=silence.days, days=plain(limit_days.quantize(TENTH))
    )
    return texts.say(
        language, "lost.whole", last=last_order_at.astimezone(zone), cycle=own_cycle, limit=limit,
        since=lost_at.astimezone(zone),
    )  # fmt: skip


def describe_lifetime_value(
    value: LifetimeValue, as_of: datetime, months: int, discount_rate: Decimal, language: Language,
    *, zone: tzinfo, currency: str, shows_margin: bool,
) -> str:  # fmt: skip
    """What a customer has bought and is expected to bring over so many months. `shows_margin`: the reader may read
    it."""
    day = as_of.astimezone(zone).date()
    buyer = value.buyer
    first, last = (day - timedelta(days=age) for age in (buyer.age_days, buyer.age_days - buyer.recency_days))
    bought = phrase("value.bought", day=day, days=buyer.frequency + 1, first=first, last=last)
    expected = None
    if value.chance_alive is not None and value.expected_orders is not None:
        expected = phrase(
            "value.expected", chance=value.chance_alive * 100, purchases=value.expected_orders, months=months
        )  # fmt: skip
    return texts.say(language, sentences(bought, expected, *_money(value, discount_rate, currency, shows_margin)))


def _money(value: LifetimeValue, discount_rate: Decimal, currency: str, shows_margin: bool) -> list[Phrase]:
    if value.revenue is None:
        return [phrase("value.revenue_not_known")]
    revenue = phrase("value.revenue", percent=discount_rate * 100, amount=value.revenue, currency=currency)
    if not shows_margin:
        return [revenue]
    if value.margin is None:
        return [revenue, phrase("value.margin_not_known")]
    return [revenue, phrase("value.margin", amount=value.margin, currency=currency)]
