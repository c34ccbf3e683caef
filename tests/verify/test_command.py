"""`patron verify`: where it finds the databases, what it prints, and what its exit code says."""

import importlib
import json
from pathlib import Path
from uuid import uuid4

import pytest
from rich.console import Console

from deploy.embedded.ports import free_port
from deploy.verify import run, verify
from deploy.verify.check import SUBSCRIBED_TOPICS
from deploy.verify.command import NothingToVerify, database_urls
from deploy.verify.invariant import ALL_SERVICES
from deploy.verify.invariants import INVARIANTS
from deploy.verify.report import print_report
from shared.events import OWNERS
from tests.verify.conftest import Five


@pytest.fixture
def databases_known(five: Five, monkeypatch: pytest.MonkeyPatch) -> Five:
    for service, url in five.urls.items():
        monkeypatch.setenv(f"PATRON_DATABASE_URL_{service.upper()}", url)
    return five


async def in_thread(data: Path, *, as_json: bool = False) -> int:
    """`run` starts its own event loop, so it can not be called in ours."""
    import asyncio

    return await asyncio.to_thread(run, data, as_json)


async def test_a_sound_system_is_said_to_be_sound(databases_known: Five, tmp_path, capsys):
    assert await in_thread(tmp_path) == 0
    printed = capsys.readouterr().out
    assert f"All {len(INVARIANTS)} invariants hold" in printed


async def test_a_broken_one_exits_with_1_and_shows_the_rows(databases_known: Five, tmp_path, capsys):
    customer = uuid4()
    await databases_known.run("loyalty", "insert into wallet (customer_id, available) values ($1, 5)", customer)
    assert await in_thread(tmp_path) == 1
    printed = capsys.readouterr().out
    assert str(customer) in printed.replace("\n", "")
    assert f"3 of {len(INVARIANTS)} invariants are broken" in printed


async def test_json_has_every_invariant_with_its_count(databases_known: Five, tmp_path, capsys):
    assert await in_thread(tmp_path, as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["holds"] is True
    assert [result["code"] for result in report["results"]] == [invariant.code for invariant in INVARIANTS]
    assert all({"checked", "offending", "outcome", "name"} <= result.keys() for result in report["results"])


async def test_it_says_how_far_it_is_and_how_many_of_how_many_were_worked_out_anew(sound: Five, capsys):
    seen: list[tuple[str, int, int]] = []
    report = await verify(sound.urls, wait_seconds=0, progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[0] == "tier_lives"] == [("tier_lives", 0, 1), ("tier_lives", 1, 1)]
    assert report.result("tier_lives").of == 1
    print_report(report, Console(width=200))
    [line] = [line for line in capsys.readouterr().out.splitlines() if "what its facts give" in line]
    assert "1 of 1" in line


async def test_databases_that_do_not_answer_are_not_a_verdict(databases_known: Five, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATRON_DATABASE_URL_LOYALTY", f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert await in_thread(tmp_path) == 2
    assert "can not be reached" in capsys.readouterr().err.replace("\n", " ")


def test_without_a_system_it_says_how_to_start_one(tmp_path):
    with pytest.raises(NothingToVerify, match="patron up"):
        database_urls(tmp_path, {})


def test_half_of_the_addresses_are_not_enough(tmp_path):
    with pytest.raises(NothingToVerify, match="PATRON_DATABASE_URL_PROFILE"):
        database_urls(tmp_path, {"PATRON_DATABASE_URL_GATEWAY": "postgresql://x/y"})


def test_every_invariant_has_a_code_of_its_own_and_a_sentence():
    codes = [invariant.code for invariant in INVARIANTS]
    assert len(set(codes)) == len(codes)
    assert all(len(invariant.name.split()) > 4 for invariant in INVARIANTS)


@pytest.mark.parametrize("service", ALL_SERVICES)
def test_the_topics_verify_expects_are_those_the_services_subscribe_to(service: str):
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    assert SUBSCRIBED_TOPICS[service] == importlib.import_module(f"{package}.subscriptions").subscriptions.topics
    assert all(OWNERS[topic] != service for topic in SUBSCRIBED_TOPICS[service])
