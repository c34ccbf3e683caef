"""docs/tiering/indicators.md, made from the indicators themselves, so that the page says what the code does."""

from services.tiering_svc.indicators.domain.catalogue import INDICATORS
from services.tiering_svc.indicators.domain.indicator import UNITS, WINDOWS
from services.tiering_svc.indicators.domain.snapshot import CLASSES

NAMES = {
    "transaction": "Transaction · 交易",
    "finance": "Finance · 财务",
    "contact": "Contact · 联系",
    "profile": "Profile · 档案",
}

BEGINNING = """# Indicators (T1)

Made from the code by `python -m tools.contracts`; `GET /v1/indicators` says the same.

| | path |
|---|---|
| all indicators with their definitions | `GET /v1/indicators` |
| a customer's, of a window of months | `GET /v1/customers/{id}/indicators?as_of=&known_at=&months=12` |
| each month a window of its own | `GET /v1/customers/{id}/indicators/months?from=2026-01&to=2026-06&known_at=` |
| the same of a customer and all below it in its group (P2) | `…&group=true` |

**Window.** *n* months end with the month of `as_of`, which counts up to that instant. Months are those of the
business's time zone.

**Unknown.** What nobody told us, and what would be divided by zero, is `null`, never 0: a rate without orders, a
margin without costs, a satisfaction nobody was asked for. A count is 0 where nothing was counted.

**Two times.** `as_of` is the instant the question is about; `known_at` leaves out what was recorded later. An order
counts in the month it was placed, *less what came back of it whenever that happened*; so a return moves two
figures: it lowers `amount` in the month of the order and raises `returned_amount` in its own. To see a month as it
was seen then, ask with `known_at`. A late event lands in the month it belongs to.

**Groups.** Sums, counts and extremes are those of all members together, and rates and averages are taken from these
sums; what the customer *is* (profile) is the parent's own. Who was a member is decided as of `as_of`. Partners do
not see figures of groups.

**Facts.** Orders, returns, cancellations, receivables and payments come from intake; cases from complaint; the
contact log, traits and groups from profile. Facts of different owners come in any order: a case filed by nobody
known counts for the customer it is linked to later, from its filing on (and with `known_at` only from the linking
on). Traits before the first entry of a file are those of the first.
"""


def indicator_page() -> str:
    parts = [BEGINNING, "## Units and windows · 单位与窗口\n", _words("unit", UNITS), _words("window", WINDOWS)]
    for group in CLASSES:
        parts += [f"## {NAMES[group]}\n", _table(group)]
    return "\n".join(parts)


def _words(head: str, words: dict[str, tuple[str, str]]) -> str:
    rows = [f"| `{code}` | {en} | {zh} |" for code, (en, zh) in words.items()]
    return "\n".join([f"| {head} | meaning | 含义 |", "|---|---|---|", *rows, ""])


def _table(group: str) -> str:
    rows = [
        f"| `{indicator.code}` | {indicator.unit} | {indicator.window} "
        f"| **{indicator.names['en']}.** {indicator.definition['en']} "
        f"| **{indicator.names['zh']}**：{indicator.definition['zh']} |"
        for indicator in INDICATORS.values()
        if indicator.group == group
    ]
    return "\n".join(["| code | unit | window | definition | 定义 |", "|---|---|---|---|---|", *rows, ""])
