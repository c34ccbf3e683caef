"""What likelihoods of a loss were worth, as `patron back-test` prints it: the reliability curve, and rankings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.domain.likelihood.reliability import (
    Places,
    Reliability,
    default_counts,
    precision_at,
)

ModelOfMonth = Callable[[date], LikelihoodModel | None]
BAR = 30  # characters for 100 percent


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A way to the likelihood, and what it was worth over a period."""

    name: str
    column: str  # the head of its column
    reliability: Reliability


def or_prior(models: ModelOfMonth) -> ModelOfMonth:
    """The model that could have been fitted when a month began; the one that Patron comes with, where none could."""
    return lambda month: models(month) or PRIOR


def show_likelihoods(console: Console, measured: Sequence[MeasuredModel], of_rules: Mapping[int, str]) -> None:
    """The curve of each model, then precision at equal counts. `of_rules`: rules' names by how many they warned of."""
    for model in measured:
        if model.reliability.count:
            console.print(_curve(model))
    if measured and measured[0].reliability.count:
        console.print(_rankings(measured, of_rules))


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False)
    for name in columns:
        table.add_column(name, justify="left" if name in ("likelihood", "as many as", "") else "right", no_wrap=True)
    return table


def _curve(model: MeasuredModel) -> Table:
    reliability = model.reliability
    title = (
        f"{model.name}: {reliability.count:,} likelihoods; "
        f"Brier {reliability.brier:.4f}, base rate's {reliability.base_rate_brier:.4f}"
    )
    table = _table(title, ("likelihood", "count", "predicted", "observed", ""))
    for band in reliability.bands():
        predicted, observed = round(band.predicted * BAR), round(band.observed * BAR)
        bar = ("█" * observed).ljust(BAR + 1)
        table.add_row(
            f"{band.low:.2f} to {band.high:.2f}", f"{band.samples:,}", f"{band.predicted:.3f}", f"{band.observed:.3f}",
            f"{bar[:predicted]}│{bar[predicted + 1 :]}",
        )  # fmt: skip
    table.caption = "█ observed, │ predicted"
    table.caption_justify = "left"
    return table


def _rankings(measured: Sequence[MeasuredModel], of_rules: Mapping[int, str]) -> Table:
    """Precision (recall) of the first so many, customer by customer and month by month."""
    first = measured[0].reliability
    title = "Precision (recall) of the first so many; last month: over last three"
    table = _table(title, ("count", "as many as", "last month", *(model.column for model in measured)))
    for count in default_counts(first.count, of_rules=list(of_rules)):
        table.add_row(
            f"{count:,}",
            of_rules.get(count, f"{count / first.count:.0%} of all"),
            _at(first, first.by_last_month, count),
            *(_at(model.reliability, model.reliability.by_likelihood, count) for model in measured),
        )
    return table


def _at(reliability: Reliability, places: Places, count: int) -> str:
    precision, recall = precision_at(places, count), reliability.recall_at(places, count)
    return "–" if precision is None or recall is None else f"{precision:.3f} ({recall:.3f})"


def likelihoods_as_data(measured: Sequence[MeasuredModel], of_rules: Mapping[int, str]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "model": model.name,
            "count": model.reliability.count,
            "brier": model.reliability.brier,
            "base_rate_brier": model.reliability.base_rate_brier,
            "bands": [band._asdict() for band in model.reliability.bands()],
            "rankings": [
                {
                    "count": count,
                    "likelihood": precision_at(model.reliability.by_likelihood, count),
                    "last_month": precision_at(model.reliability.by_last_month, count),
                }
                for count in default_counts(model.reliability.count, of_rules=list(of_rules))
            ],
        }
        for model in measured
    ]
