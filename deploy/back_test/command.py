"""The command behind `patron back-test`: rules, histories, periods, and a table of what each rule was worth."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.back_test.dropped_rules import DROPPED_RULES
from deploy.back_test.likelihoods import MeasuredModel, likelihoods_as_data, or_prior, show_likelihoods
from deploy.back_test.real_year import read_histories
from deploy.demo.purchases import DataMissing
from deploy.terminal import CommandFailed
from deploy.verify.command import embedded_urls
from services.tiering_svc.core.domain.calendar import month_of, shift, spelled
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.customers.repository import list_customers
from services.tiering_svc.monitoring.domain.back_test import (
    LossDefinition,
    Ratio,
    RulePerformance,
    loss_samples,
    measure_rules,
)
from services.tiering_svc.monitoring.domain.defaults import DEFAULT_WARNING_RULES
from services.tiering_svc.monitoring.domain.detectors import SEVERITIES, ComplaintsUp, InArrears, SatisfactionDown
from services.tiering_svc.monitoring.domain.history import History
from services.tiering_svc.monitoring.domain.likelihood.fitting import fit_month_by_month
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.monthly_series import months_between
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule, read_rule
from services.tiering_svc.monitoring.repository import warning_rules
from services.tiering_svc.monitoring.repository.back_tests import list_histories
from shared.messaging import Database, Transaction

NOT_IN_PURCHASES = {ComplaintsUp.kind, InArrears.kind, SatisfactionDown.kind}
PAGE = 500


@dataclass(frozen=True, slots=True)
class Period:
    """The months at whose beginning is looked back, the first and the last."""

    name: str
    first: date
    last: date


# Three months are needed before, one more to know the customer, and three after: windows and least amounts of the
# default rules were chosen on the first of these months, and are measured on the others.
CHOSEN = Period("chosen on", date(2017, 5, 1), date(2017, 7, 1))
MEASURED = Period("measured on", date(2017, 8, 1), date(2017, 10, 1))


@dataclass(frozen=True, slots=True)
class Line:
    rule: WarningRule
    severity: str
    period: Period
    performance: RulePerformance


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured over a period: each rule at each severity, and the likelihoods by each model."""

    period: Period
    lines: list[Line]
    models: list[MeasuredModel]

    @property
    def of_rules(self) -> dict[int, str]:
        """The rules' names by how many they warned of."""
        yellow = [line for line in self.lines if line.severity == SEVERITIES[0]]
        return {line.performance.precision.whole: line.rule.names["en"] for line in yellow}


def run(data: Path | None, causes: Sequence[str], loss: LossDefinition, as_json: bool) -> int:
    try:
        rules, histories, periods, zone = asyncio.run(_own(data, loss)) if data else _real_year()
    except DataMissing as error:
        raise CommandFailed(str(error)) from error
    if unknown := set(causes) - {rule.cause for rule in rules}:
        raise CommandFailed(f"No rule warns of {', '.join(sorted(unknown))}.")
    rules = [rule for rule in rules if not causes or rule.cause in causes]
    reports = [measure(rules, histories, period, loss, zone) for period in periods]
    if as_json:
        print(json.dumps([_report_as_data(report) for report in reports], indent=2))
        return 0
    _show(Console(highlight=False), reports, len(histories), loss, real_year=data is None)
    return 0


def _real_year() -> tuple[list[WarningRule], list[History], list[Period], tzinfo]:
    rules = [
        read_rule(default.document, rule_id=default.rule_id, version=1, names=default.names)
        for default in DEFAULT_WARNING_RULES
    ]
    known = [rule for rule in rules if rule.detector.kind not in NOT_IN_PURCHASES]
    return [*known, *DROPPED_RULES], read_histories(), [CHOSEN, MEASURED], UTC


async def _own(data: Path, loss: LossDefinition) -> tuple[list[WarningRule], list[History], list[Period], tzinfo]:
    """The rules in force and the history of the system on this directory."""
    database = Database(embedded_urls(data)["tiering"].replace("postgresql://", "postgresql+asyncpg://"))
    try:
        return await database.run(lambda tx: _read(tx, loss))
    finally:
        await database.close()


async def _read(tx: Transaction, loss: LossDefinition) -> tuple[list[WarningRule], list[History], list[Period], tzinfo]:
    zone = (await find_business(tx)).zone
    this_month = month_of(datetime.now(UTC), zone)
    histories: list[History] = []
    customers = await list_customers(tx, None, PAGE)
    while customers:
        histories += await list_histories(tx, customers, this_month, zone)
        customers = await list_customers(tx, customers[-1], PAGE)
    first = min((order.month for history in histories for order in history.orders), default=this_month)
    period = Period("measured on", shift(first, loss.baseline_months + 1), shift(this_month, -loss.horizon_months))
    if period.last < period.first:
        raise CommandFailed("The history is too short: months before and after each look are needed.")
    return await warning_rules.list_active(tx), histories, [period], zone


def measure(
    rules: Sequence[WarningRule],
    histories: Sequence[History],
    period: Period,
    loss: LossDefinition,
    zone: tzinfo,
) -> Report:
    """The rules at each severity, with the likelihoods that were known at each month's end: of the model that could
    have been fitted then, to the months before the period too."""
    looks = months_between(shift(period.first, -1), period.last)
    first = min((order.month for history in histories for order in history.orders), default=period.first)
    earliest, latest = shift(first, loss.baseline_months), shift(period.last, -loss.horizon_months)
    samples = loss_samples(histories, earliest, latest, loss, zone) if earliest <= latest else []
    models = or_prior(fit_month_by_month(samples, looks, loss.horizon_months))
    lines: list[Line] = []
    by_own, by_prior = Reliability(), Reliability()
    for severity in SEVERITIES:
        performances = [RulePerformance() for _ in rules]
        measure_rules(
            rules, histories, period.first, period.last, loss, zone, into=performances, severity=severity,
            models=models, reliability=by_own if severity == SEVERITIES[0] else None,
        )  # fmt: skip
        lines += [
            Line(rule, severity, period, performance) for rule, performance in zip(rules, performances, strict=True)
        ]
    measure_rules(
        [], histories, period.first, period.last, loss, zone, into=[], models=lambda _: PRIOR, reliability=by_prior
    )
    measured = [
        MeasuredModel("Own model, month by month", "own model", by_own),
        MeasuredModel("Model as shipped", "as shipped", by_prior),
    ]
    return Report(period, lines, measured if period is not CHOSEN else [])


def _report_as_data(report: Report) -> dict[str, Any]:
    return {
        "rules": [_as_data(line) for line in report.lines],
        "likelihoods": likelihoods_as_data(report.models, report.of_rules),
    }


def _as_data(line: Line) -> dict[str, Any]:
    performance = line.performance
    return {
        "cause": line.rule.cause,
        "severity": line.severity,
        "period": line.period.name,
        "from": spelled(shift(line.period.first, -1)),
        "to": spelled(shift(line.period.last, -1)),
        "warnings": performance.precision.whole,
        **{
            name: {"part": ratio.part, "of": ratio.whole, "share": ratio.share, "interval": ratio.interval}
            for name, ratio in (
                ("precision", performance.precision),
                ("recall", performance.recall),
                ("base_rate", performance.base_rate),
            )
        },
        "lead_days": [performance.lead_quantile(share) for share in (0.25, 0.5, 0.75)],
        "not_known": performance.not_known,
        "not_measured": performance.not_measured,
    }  # fmt: skip


def _show(
    console: Console,
    reports: Sequence[Report],
    customers: int,
    loss: LossDefinition,
    *,
    real_year: bool,
) -> None:
    console.print(
        f"{customers:,} customers. A loss: over the {loss.horizon_months} months after, revenue a day at least "
        f"{loss.fall} % below the {loss.baseline_months} months before (of at least {loss.least_baseline} a "
        "month). In brackets: 95 % intervals."
    )
    for report in reports:
        console.print(_table(report.period, report.lines))
        show_likelihoods(console, report.models, report.of_rules)
    if real_year:
        console.print(
            "* Not shipped: no better than chance, or worse than ranking by the last month. Complaints, arrears and "
            "satisfaction are not in these purchases: those rules were not measured. The model that Patron comes with "
            "was fitted to the months that the rules were chosen on: what depends on it is not measured by these.",
            style="dim",
        )


def _table(period: Period, lines: Sequence[Line]) -> Table:
    base = _share(lines[0].performance.base_rate) if lines else ""
    title = (
        f"{period.name} the ends of {spelled(shift(period.first, -1))} to {spelled(shift(period.last, -1))}; "
        f"base rate {base}"
    )
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 1),
    )
    for name in ("rule", "sev.", "raised", "precision", "recall", "lead days"):
        table.add_column(name, justify="left" if name in ("rule", "sev.") else "right", no_wrap=True)
    for line in lines:
        performance = line.performance
        quarter, median, most = (performance.lead_quantile(share) for share in (0.25, 0.5, 0.75))
        table.add_row(
            line.rule.names["en"],
            line.severity if line.severity == SEVERITIES[-1] else "any",
            f"{performance.precision.whole:,}",
            _share(performance.precision),
            "–" if performance.recall.share is None else f"{performance.recall.share:.3f}",
            "–" if median is None else f"{median} ({quarter}–{most})",
        )
    return table


def _share(ratio: Ratio) -> str:
    interval = ratio.interval
    if interval is None or ratio.share is None:
        return "–"
    return f"{ratio.share:.3f} [{interval[0]:.3f}–{interval[1]:.3f}]"
