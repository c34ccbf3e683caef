"""The bench says what it measured as agreed, refuses an invalid run, and its limits are what they are called."""

import asyncio
import itertools
import json
from pathlib import Path

import orjson
import pytest

import bench.__main__ as command
from bench import intake, population
from bench.load import drive, order, request
from bench.result import Durations, InvalidRun, Latencies, Rates, Spread, percentiles
from bench.sample_orders import sample_orders

LIMITS = Path(command.__file__).parent / "limits"


def test_a_line_reads_as_agreed():
    rates = Rates("B1", "intake", (2310.0, 2200.0, 2450.0), (3120.0, 3100.0, 3150.0), 0.70)
    assert rates.line() == "B1 intake     patron 2,310/s  limit 3,120/s  ratio 0.74 [0.71–0.78]  goal ≥ 0.70  met"
    assert Rates("B3", "consumer", (1.0,), (4.0,), 0.50).line().endswith("ratio 0.25 [0.25–0.25]  goal ≥ 0.50  missed")


def test_what_has_no_goal_says_none():
    assert Rates("B1", "one hot", (10.0,), (20.0,), None).line().endswith("ratio 0.50 [0.50–0.50]")


def test_waits_are_met_only_when_both_are():
    fast = Latencies("B5", "latency", ((10.0, 20.0),), ((5.0, 10.0),), (3.0, 5.0))
    assert fast.line().endswith("ratio p50 2.00 [2.00–2.00], p99 2.00 [2.00–2.00]  goal ≤ 3.00, ≤ 5.00  met")
    assert not Latencies("B5", "latency", ((10.0, 60.0),), ((5.0, 10.0),), (3.0, 5.0)).met


def test_a_span_is_met_when_it_is_short_enough_and_so_is_its_longest_transaction():
    short = Durations("B7", "re-tier", (20.0,), (4.0,), (38.0,), 6.0, 50.0, "1,000,000 customers")
    assert short.line() == (
        "B7 re-tier    patron 20.0 s  limit 4.0 s  ratio 5.00 [5.00–5.00]  longest transaction 38 ms"
        "  goal ≤ 6.00  met  (1,000,000 customers)"
    )
    assert not Durations("B7", "re-tier", (20.0,), (4.0,), (51.0,), 6.0, 50.0).met
    assert Durations("B7", "re-tier", (20.0,), (4.0,), (38.0,), None, 50.0).met is None


def test_who_moves_in_the_made_population_is_counted_by_hand():
    assert population.expected_tier_changes(200) == (0, 2)  # 7 and 107 have earned nothing to rise to; 57 and 157 fall
    assert len(set(population.sample(1_000_000, 20_000))) == 20_000


def test_each_round_is_compared_with_its_neighbour():
    """A machine that halves its speed between rounds does not change the ratio."""
    rates = Rates("B1", "intake", (1000.0, 500.0), (2000.0, 1000.0), 0.70)
    assert rates.ratio == Spread(0.5, 0.5, 0.5)


def test_percentiles_by_nearest_rank():
    assert percentiles([float(n) for n in range(1, 101)]) == (50.0, 99.0)
    assert percentiles([7.0]) == (7.0, 7.0)
    assert percentiles([float(n) for n in range(1, 201)]) == (100.0, 198.0)


@pytest.mark.parametrize("program", sorted(LIMITS.glob("*.py")), ids=lambda path: path.name)
def test_a_limit_is_a_program_of_at_most_eighty_lines_that_uses_nothing_of_ours(program: Path):
    text = program.read_text()
    assert len(text.splitlines()) <= 80
    assert "from shared" not in text
    assert "from services" not in text


async def answering(accepted: int) -> tuple[asyncio.Server, list[bytes]]:
    bodies: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            bodies.append(await reader.readexactly(length))
            status = b"202 Accepted" if len(bodies) <= accepted else b"503 Busy"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\n{}")

    return await asyncio.start_server(talk, "127.0.0.1", 0), bodies


async def test_the_load_counts_every_answer_and_sends_every_request_once():
    server, bodies = await answering(10_000)
    port = server.sockets[0].getsockname()[1]
    own = [iter([request("/v1/orders", order(f"{c}-{n}", "c1"), "key") for n in range(25)]) for c in range(4)]
    load = await drive(port, own, 30)
    server.close()
    assert (load.accepted, load.sent) == (100, 100)
    assert len({orjson.loads(body)["order_id"] for body in bodies}) == 100


async def test_a_connection_with_nothing_left_to_send_spoils_a_run():
    server, _ = await answering(10_000)
    port = server.sockets[0].getsockname()[1]
    load = await drive(port, [[request("/v1/orders", b"{}")] * 3], 30)
    server.close()
    assert load.idle == 1
    with pytest.raises(InvalidRun, match="nothing left to send"):
        intake.verified_rate("B1u1", load, "url", "orders")


async def test_a_refused_request_is_not_counted_away():
    server, _ = await answering(5)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RuntimeError, match=r"were refused, the first: HTTP/1\.1 503"):
        await drive(port, [iter([request("/v1/orders", b"{}")] * 8)], 30)
    server.close()


def test_every_customer_is_made_known_once():
    lines = []
    for connection in intake.batch_requests("known", [""] * 4, 4, 250, each_customer_once=True):
        for raw in itertools.islice(connection, 100):
            lines += [orjson.loads(line) for line in raw.partition(b"\r\n\r\n")[2].splitlines()]
    assert len(lines) == intake.CUSTOMERS
    assert len({line["customer"]["ref"] for line in lines}) == intake.CUSTOMERS


def test_a_run_that_lost_something_is_refused(monkeypatch, capsys, tmp_path):
    def invalid(*_: object):
        raise InvalidRun("B1u1: 10 accepted, 9 stored, 9 announced")
        yield

    monkeypatch.setattr(command, "GROUPS", ((frozenset({"B1"}), invalid),))
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results" / "latest.json")
    assert command.main(["--only", "B1"]) == 1
    assert "refused: B1u1" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("stored", "announced"), [(9, 10), (10, 9), (11, 10)])
def test_lost_and_doubled_orders_spoil_a_run(monkeypatch, stored: int, announced: int):
    from bench.load import Load

    counted = iter([stored, announced])
    monkeypatch.setattr("bench.environment.query_value", lambda *_: next(counted))
    with pytest.raises(InvalidRun, match="10 accepted"):
        intake.verified_rate("B1u1", Load(accepted=10, seconds=1.0), "url", "orders")


def test_results_are_written_for_programs(monkeypatch, tmp_path, capsys):
    rates = Rates("B4", "relay", (80.0,), (100.0,), 0.70)
    monkeypatch.setattr(command, "GROUPS", ((frozenset({"B4"}), lambda *_: iter([rates])),))
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results" / "latest.json")
    assert command.main(["--only", "b4"]) == 0
    written = json.loads((tmp_path / "results" / "latest.json").read_text())
    assert written["measured"][0]["ratio"]["median"] == 0.8
    assert written["measured"][0]["met"] is True
    assert written["machine"]["processors"]
    with pytest.raises(SystemExit):
        command.main(["--only", "B9"])


def test_the_events_of_a_stream_count_from_one_and_rise_in_time():
    streams: dict[str, list[int]] = {}
    times = []
    for _, seq, event in sample_orders(60, 20):
        streams.setdefault(event.key, []).append(seq)
        times.append(event.placed_at)
    assert len(streams) == 20
    assert all(numbers == [1, 2, 3] for numbers in streams.values())
    assert times == sorted(times)
