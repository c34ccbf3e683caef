"""Prometheus: what is scraped exists, and every alert asks for a metric that a service really has."""

import re

import pytest
import yaml

from deploy.docker.serve import SERVICES
from shared.chassis.observability.metrics import Metrics
from tests.deploy.test_compose import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
NOT_METRICS = {
    "sum",
    "by",
    "rate",
    "increase",
    "histogram_quantile",
    "service",
    "le",
    "status",
    "job",
    "patron",
    "event",
}


def alerts() -> list[dict]:
    parsed = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in parsed["groups"] for rule in group["rules"]]


def test_all_services_are_scraped_under_their_own_name():
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    targets = {target["labels"]["service"]: target["targets"] for target in job["static_configs"]}
    assert targets == {service: [f"{service}:8001"] for service in SERVICES}
    assert config["rule_files"] == ["/etc/prometheus/alerts.yml"]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_asks_for_metrics_that_exist_and_says_what_to_do(alert):
    metrics = Metrics("test")
    metrics.answered("GET", "/", 200, 0.01)
    metrics.lag.labels("patron.intake").set(0)
    exported = set(re.findall(r"^([a-z_]+)(?:\{| )", metrics.text().decode(), re.MULTILINE)) | {"up"}
    without_strings = re.sub(r'"[^"]*"|\[[^\]]*\]', "", alert["expr"])
    names = set(re.findall(r"[a-z_]{2,}", without_strings)) - NOT_METRICS
    assert names
    assert names <= exported, names - exported
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"]
