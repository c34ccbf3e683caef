"""Conditions of a policy in CEL, as `margin_rate < 0.05`: where one holds, the tier is at most, or at least, so high.

An expression sees each indicator by its code: numbers as doubles, codes as text. What is not known is not there at
all, so `a || b` still holds when `a` does and nothing is known of `b`; where the answer is open, the policy says
whether the condition counts as met. Only comparisons, logic, sums and products are allowed: no loop can be written,
and nothing be divided by zero.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product
from typing import Any

from services.tiering_svc.core.domain.numbers import Coded
from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot
from services.tiering_svc.policies.domain.document_fields import (
    Document,
    Ranks,
    known_indicator,
    only_one_of,
    rank_in,
)
from shared.errors import DomainError, invalid

LONGEST = 500  # characters
FUNCTIONS = frozenset(
    "_&&_ _||_ !_ _==_ _!=_ _<_ _<=_ _>_ _>=_ _+_ _-_ _*_ -_ _?_:_ @in _in_ double".split()
)  # fmt: skip
STRINGS = re.compile(r"\"[^\"\\]*\"|'[^'\\]*'")
METHODS = re.compile(r"\.\s*[A-Za-z_]")
NUMBERS_TRIED = (-1.0, 0.0, 0.5, 1_000_000.0)
CODES_TRIED = ("", "other")
MOST_TRIALS = 512
Facts = Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class PolicyCondition:
    """A rule of a policy: where the expression `when` holds, the rank is `at_most`, or `at_least`, so high."""

    names: dict[str, str]
    when: str
    program: Any  # the compiled expression
    indicators: tuple[str, ...]
    at_most: int | None
    at_least: int | None
    unknown_is_met: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition is met by a customer, and the facts that say so."""

    condition: PolicyCondition
    met: bool | None  # None: not known
    facts: Facts

    @property
    def strikes(self) -> bool:
        """Whether the condition limits the tier: where the answer is not known, as the policy says."""
        return self.condition.unknown_is_met if self.met is None else self.met


def judge(conditions: Sequence[PolicyCondition], snapshot: CustomerSnapshot) -> tuple[Verdict, ...]:
    """The verdict on each condition of a policy, in their order."""
    return tuple(_judged(condition, facts_of(snapshot, condition.indicators)) for condition in conditions)


def _judged(condition: PolicyCondition, facts: Facts) -> Verdict:
    try:
        met = condition.program.execute(dict(facts))
    except Exception:  # whatever the engine raises: an operand is missing, so the answer is open
        return Verdict(condition, None, facts)
    return Verdict(condition, met if isinstance(met, bool) else None, facts)


def limited(rank: int, verdicts: Sequence[Verdict]) -> int:
    """The rank after conditions: first those that lift, then those that hold down, so a limit wins over a favour."""
    striking = [verdict.condition for verdict in verdicts if verdict.strikes]
    for condition in striking:
        if condition.at_least is not None:
            rank = max(rank, condition.at_least)
    for condition in striking:
        if condition.at_most is not None:
            rank = min(rank, condition.at_most)
    return rank


def facts_of(snapshot: CustomerSnapshot, indicators: Sequence[str]) -> dict[str, float | str]:
    """What an expression sees: numbers as doubles, codes as text; an indicator that is not known is not there."""
    values: dict[str, Coded] = {code: INDICATORS[code].value(snapshot) for code in indicators}
    return {
        code: value if isinstance(value, str) else float(value) for code, value in values.items() if value is not None
    }


# --- the document --------------------------------------------------------------------------------------------------


def read_conditions(conditions: Sequence[Document], ranks: Ranks, pointer: str) -> tuple[PolicyCondition, ...]:
    """The conditions of a policy document, compiled; an expression that could fail is refused at its field."""
    return tuple(_condition(condition, ranks, f"{pointer}/{index}") for index, condition in enumerate(conditions))


def _condition(condition: Document, ranks: Ranks, pointer: str) -> PolicyCondition:
    only_one_of(condition, "at_most", "at_least", pointer)
    limits: dict[str, int | None] = {"at_most": None, "at_least": None}
    for field in limits:
        if condition.get(field) is not None:
            limits[field] = rank_in(ranks, condition[field], f"{pointer}/{field}")
    if set(limits.values()) == {None}:
        raise invalid("missing", "A condition says `at_most` or `at_least`.", pointer=f"{pointer}/at_most")
    program, indicators = _compile(condition["when"], f"{pointer}/when")
    unknown = condition.get("unknown") or "not_met"
    return PolicyCondition(
        dict(condition["name"]), condition["when"], program, indicators, limits["at_most"], limits["at_least"],
        unknown == "met",
    )  # fmt: skip


def _compile(when: str, pointer: str) -> tuple[Any, tuple[str, ...]]:
    if len(when) > LONGEST:
        raise invalid("too_long", f"At most {LONGEST} characters.", pointer=pointer)
    import cel  # brings a command line of its own along: only where a policy has conditions

    try:
        program = cel.compile(when)
        named, functions = program.variables(), program.functions()
    except Exception:  # not the engine's own text: it shows its inside
        raise invalid("cel_cannot_compile", "This is not an expression in CEL.", pointer=pointer) from None
    if METHODS.search(STRINGS.sub("''", when)) or not set(functions) <= FUNCTIONS:
        detail = "Comparisons, logic, sums and products only; a ratio is an indicator of its own."
        raise invalid("cel_function_not_allowed", detail, pointer=pointer)
    indicators = tuple(known_indicator(code, pointer) for code in named)
    if not indicators:
        raise invalid("cel_names_no_indicator", "A condition looks at an indicator.", pointer=pointer)
    _try(program, indicators, pointer)
    return program, indicators


def _try(program: Any, indicators: Sequence[str], pointer: str) -> None:
    """Run the expression on sample values, low and high of each: it has to say true or false on every one of them."""
    for facts in _samples(indicators):
        try:
            met = program.execute(facts)
        except TypeError:
            raise _fails("Numbers are doubles: write 2.0 beside an indicator, not 2.", pointer) from None
        except Exception:
            raise _fails("It fails on a sample of values.", pointer) from None
        if not isinstance(met, bool):
            raise _fails("It has to say true or false.", pointer)


def _samples(indicators: Sequence[str]) -> Iterator[dict[str, float | str]]:
    samples: list[tuple[float | str, ...]] = [
        CODES_TRIED if INDICATORS[code].unit == "code" else NUMBERS_TRIED for code in indicators
    ]
    for values in islice(product(*samples), MOST_TRIALS):
        yield dict(zip(indicators, values, strict=True))
    for values in islice(zip(*(reversed(sample) for sample in samples), strict=False), MOST_TRIALS):
        yield dict(zip(indicators, values, strict=True))


def _fails(detail: str, pointer: str) -> DomainError:
    return invalid("cel_fails", detail, pointer=pointer)


def exact(value: float | str) -> str:
    """A fact as the reasons keep it: a code, or a decimal in text without exponent."""
    return value if isinstance(value, str) else format(Decimal(repr(value)).normalize(), "f")
