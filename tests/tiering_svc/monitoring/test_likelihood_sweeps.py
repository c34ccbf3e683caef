"""Likelihoods in sweeps and the job that fits their model (T12): on the real year's first 200 households."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.monitoring.domain.back_test import loss_samples
from services.tiering_svc.monitoring.domain.likelihood.choice import choose_model
from services.tiering_svc.monitoring.domain.likelihood.model import likelihood_of
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.handlers.likelihood_models import LOSS, request_due_model
from services.tiering_svc.monitoring.handlers.sweeps import request_run
from services.tiering_svc.monitoring.repository import likelihood_models
from services.tiering_svc.monitoring.repository.back_tests import list_histories
from services.tiering_svc.monitoring.repository.likelihood_models import LIKELIHOOD_MODEL, LikelihoodModelVersion
from shared.events import WarningRaised
from shared.messaging import new_id
from tests import harness
from tests.tiering_svc.events import placed
from tests.tiering_svc.runs import to_the_end

SERVICE = "tiering"
NOW = datetime(2018, 1, 3, tzinfo=UTC)
ANN = UUID(int=1)


async def fitted(database, at: datetime) -> LikelihoodModelVersion:
    """The model asked for at an instant. (The worker asks for today's too.)"""
    await database.run(request_due_model, at=at)
    await to_the_end(database, LIKELIHOOD_MODEL)
    version = await database.run(lambda tx: likelihood_models.find_model(tx, at))
    assert version is not None
    return version


async def histories_of(database, customers):
    async def load(tx):
        return await list_histories(tx, customers, date(2018, 1, 1), (await find_business(tx)).zone)

    return await database.run(load)


async def test_T12_the_model_is_fitted_to_months_whose_outcome_is_over(real_year, real_year_copy):
    version = await fitted(real_year_copy, NOW)
    histories = await histories_of(real_year_copy, real_year.customers)
    expected = choose_model(loss_samples(histories, date(2017, 4, 1), date(2017, 10, 1), LOSS, UTC))
    assert (version.as_of, version.source, version.because) == (
        datetime(2018, 1, 1, tzinfo=UTC), expected.source, expected.because,
    )  # fmt: skip
    assert (version.samples, version.losses) == (expected.samples, expected.losses)
    assert version.samples > 500
    assert version.reliability.brier == pytest.approx(expected.reliability.brier)
    assert version.model is not None
    assert version.model.weights == pytest.approx(expected.model.weights, abs=1e-4)


async def test_T12_a_month_has_one_model_and_too_little_is_tried_again_the_next_day(database):
    for day in (3, 3, 4):
        version = await fitted(database, datetime(2018, 1, day, 8, tzinfo=UTC))
        assert (version.source, version.because, version.model) == ("prior", "too_few_losses", PRIOR)
    listed = await database.run(lambda tx: likelihood_models.list_models(tx, None, 10))
    assert [version.as_of for version in listed if version.as_of.year == 2018] == [datetime(2018, 1, 1, tzinfo=UTC)] * 2


async def warnings_of(client, **wanted: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/warnings", params={"limit": 7, **wanted, **cursor})).json()
        listed += page["items"]
        if page["next"] is None:
            return listed
        cursor = {"cursor": page["next"]}


async def test_T12_a_sweep_gives_each_warning_its_likelihood_and_what_is_at_stake(real_year, real_year_copy, keys):
    as_of = datetime(2017, 11, 1, tzinfo=UTC)
    await real_year_copy.run(lambda tx: request_run(tx, as_of, "head-1"))
    await to_the_end(real_year_copy, "warning_sweep")
    histories = {history.customer_id: history for history in await histories_of(real_year_copy, real_year.customers)}
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        listed = await warnings_of(client)
    losses = [Decimal(warning["expected_loss"] or -1) for warning in listed]
    assert losses == sorted(losses, reverse=True)
    assert len({warning["id"] for warning in listed}) == len(listed) > 10
    known = [warning for warning in listed if warning["likelihood"] is not None]
    assert known
    for warning in known:
        [series] = histories[UUID(warning["customer_id"])].month_ends(date(2017, 11, 1), date(2017, 11, 1), UTC)
        likelihood = likelihood_of(PRIOR, series)
        assert likelihood is not None
        assert Decimal(warning["likelihood"]) == pytest.approx(likelihood.probability, abs=Decimal("0.001"))
        chance, value = Decimal(warning["likelihood"]), Decimal(warning["value_at_stake"])
        assert Decimal(warning["expected_loss"]) == (chance * value).quantize(Decimal("0.01"))
        assert warning["severity"] == ("red" if chance >= Decimal("0.5") else "yellow")
        assert [factor["code"] for factor in warning["factors"]][:1] == [likelihood.factors[0].code]
        assert warning["factors"][0]["words"]["en"].endswith(".")
    likely = [warning for warning in listed if warning["cause"] == "likely_loss"]
    assert {warning["customer_id"] for warning in likely} >= {
        warning["customer_id"] for warning in known if Decimal(warning["likelihood"]) >= Decimal("0.3")
    }
    assert "% likely" in likely[0]["words"]["en"]

    async def sent(tx):
        return await tx.raw.fetch("select payload::text from outbox where type = $1", WarningRaised.type)

    raised = [json.loads(row["payload"]) for row in await real_year_copy.run(sent)]
    by_id = {event["warning_id"]: event for event in raised}
    for warning in known:
        assert Decimal(by_id[warning["id"]]["expected_loss"]) == Decimal(warning["expected_loss"])
        assert Decimal(by_id[warning["id"]]["likelihood"]) == Decimal(warning["likelihood"])


async def test_T12_an_open_warning_is_forecast_anew_by_each_sweep_without_an_entry(real_year, real_year_copy, keys):
    app = harness.app_of("tiering", real_year_copy, keys)
    async with harness.client_of(app, harness.AsAdmin(keys, "tiering")) as client:
        for as_of in (datetime(2017, 11, 1, tzinfo=UTC), datetime(2017, 11, 5, tzinfo=UTC)):
            await real_year_copy.run(lambda tx, as_of=as_of: request_run(tx, as_of, "head-1"))  # type: ignore[misc]
            await to_the_end(real_year_copy, "warning_sweep")
            if as_of.day == 1:
                before = {warning["id"]: warning for warning in await warnings_of(client, state="open")}
        after = [warning for warning in await warnings_of(client, state="open") if warning["id"] in before]
        anew = [warning for warning in after if warning["likelihood"] != before[warning["id"]]["likelihood"]]
        assert anew
        kept = next(warning for warning in anew if warning["severity"] == before[warning["id"]]["severity"])
        changes = (await client.get(f"/v1/warnings/{kept['id']}")).json()["changes"]
    assert [change["kind"] for change in changes] == ["raised"]


@pytest.mark.parametrize("cursor", ["WyJOYU4iLCAieCJd", "x", "WyIxIl0"])
async def test_T12_a_cursor_that_no_page_gave_is_refused(client, database, cursor):
    await harness_orders(database)
    answer = await client.get("/v1/warnings", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def harness_orders(database) -> None:
    """A customer, so that the list is not empty by chance."""
    from services.tiering_svc.subscriptions import subscriptions

    await harness.deliver(database, subscriptions, [placed(ANN, datetime(2025, 1, 1, tzinfo=UTC), "60")])


async def test_T12_models_are_shown_with_what_they_were_fitted_to_and_not_to_partners(client, database, as_role):
    version = await fitted(database, datetime(2018, 1, 3, tzinfo=UTC))
    shown = (await client.get(f"/v1/likelihood-models/{version.model_id}")).json()
    assert (shown["source"], shown["because"], shown["samples"]) == ("prior", "too_few_losses", 0)
    assert (shown["first_month"], shown["last_month"]) == ("2017-04", "2017-06")
    assert (shown["reliability"]["count"], shown["reliability"]["brier"]) == (0, None)
    page = (await client.get("/v1/likelihood-models", params={"limit": 1})).json()
    rest = (await client.get("/v1/likelihood-models", params={"limit": 1, "cursor": page["next"]})).json()
    assert shown in [*page["items"], *rest["items"]]
    missing = await client.get(f"/v1/likelihood-models/{ANN}")
    assert (missing.status_code, missing.json()["code"]) == (404, "likelihood_model_not_found")
    partner = as_role("partner", partner_id=new_id())
    assert (await client.get("/v1/likelihood-models", headers=partner)).status_code == 404
