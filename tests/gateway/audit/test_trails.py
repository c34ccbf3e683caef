"""Lines of several trails are one list, whichever pages it is read in (P13)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.audit.domain import Place, ServiceLine, before_in, newest_first

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SERVICES = ("complaint", "gateway", "profile")
TRAILS = st.fixed_dictionaries({name: st.lists(st.integers(0, 4), max_size=8).map(sorted) for name in SERVICES})


def lines_of(trails: dict[str, list[int]]) -> list[Place]:
    return [
        Place(NOON + timedelta(minutes=minute), name, number)
        for name, minutes in trails.items()
        for number, minute in enumerate(minutes, 1)
    ]


@given(TRAILS, st.integers(1, 5))
def test_P13_pages_of_all_trails_repeat_and_skip_nothing(trails: dict[str, list[int]], limit: int) -> None:
    everything = lines_of(trails)
    pages: list[Place] = []
    place = None
    while True:
        answers: list[ServiceLine] = []
        for name in SERVICES:
            before = before_in(name, place)
            own = [line for line in everything if line.service == name]
            own = [line for line in own if before is None or (line.at, line.number) < before]
            answers += [ServiceLine(line, {}) for line in sorted(own, reverse=True)[: limit + 1]]
        page = newest_first(answers, limit)
        pages += [line.place for line in page[:limit]]
        if len(page) <= limit:
            break
        place = pages[-1]
    assert pages == sorted(everything, key=lambda line: (line.at, line.service, line.number), reverse=True)
