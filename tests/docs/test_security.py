"""The page on security names every requirement of ASVS 5.0, levels 1 and 2, once, with files that exist."""

import re
from collections import Counter

from tests.docs.pages import ROOT

# section -> level 1, level 2: the last parts of the numbers (ASVS 5.0.0)
REQUIREMENTS = {
    "1.1": ("", "1 2"), "1.2": ("1 2 3 4 5", "6 7 8 9"), "1.3": ("1 2", "3 4 5 6 7 8 9 10 11"), "1.4": ("", "1 2 3"),
    "1.5": ("1", "2"), "2.1": ("1", "2 3"), "2.2": ("1 2", "3"), "2.3": ("1", "2 3 4"), "2.4": ("", "1"),
    "3.2": ("1 2", ""), "3.3": ("1", "2 3 4"), "3.4": ("1 2", "3 4 5 6"), "3.5": ("1 2 3", "4 5"), "3.7": ("", "1 2"),
    "4.1": ("1", "2 3"), "4.2": ("", "1"), "4.3": ("", "1 2"), "4.4": ("1", "2 3 4"), "5.1": ("", "1"),
    "5.2": ("1 2", "3"), "5.3": ("1 2", ""), "5.4": ("", "1 2 3"), "6.1": ("1", "2 3"),
    "6.2": ("1 2 3 4 5 6 7 8", "9 10 11 12"), "6.3": ("1 2", "3 4"), "6.4": ("1 2", "3 4"), "6.5": ("", "1 2 3 4 5"),
    "6.6": ("", "1 2 3"), "6.8": ("", "1 2 3 4"), "7.1": ("", "1 2 3"), "7.2": ("1 2 3 4", ""), "7.3": ("", "1 2"),
    "7.4": ("1 2", "3 4 5"), "7.5": ("", "1 2"), "7.6": ("", "1 2"), "8.1": ("1", "2"), "8.2": ("1 2", "3"),
    "8.3": ("1", ""), "8.4": ("", "1"), "9.1": ("1 2 3", ""), "9.2": ("1", "2 3 4"), "10.1": ("", "1 2"),
    "10.2": ("", "1 2"), "10.3": ("", "1 2 3 4"), "10.4": ("1 2 3 4 5", "6 7 8 9 10 11"), "10.5": ("", "1 2 3 4 5"),
    "10.6": ("", "1 2"), "10.7": ("", "1 2 3"), "11.1": ("", "1 2"), "11.2": ("", "1 2 3"), "11.3": ("1 2", "3"),
    "11.4": ("1", "2 3 4"), "11.5": ("", "1"), "11.6": ("", "1"), "12.1": ("1", "2 3"), "12.2": ("1 2", ""),
    "12.3": ("", "1 2 3 4"), "13.1": ("", "1"), "13.2": ("", "1 2 3 4 5"), "13.3": ("", "1 2"),
    "13.4": ("1", "2 3 4 5"),
    "14.1": ("", "1 2"), "14.2": ("1", "2 3 4"), "14.3": ("1", "2 3"), "15.1": ("1", "2 3"), "15.2": ("1", "2 3"),
    "15.3": ("1", "2 3 4 5 6 7"), "16.1": ("", "1"), "16.2": ("", "1 2 3 4 5"), "16.3": ("", "1 2 3 4"),
    "16.4": ("", "1 2 3"), "16.5": ("", "1 2 3"), "17.1": ("", "1"), "17.2": ("", "1 2 3 4"), "17.3": ("", "1 2"),
}  # fmt: skip
PAGE = (ROOT / "docs/security.md").read_text()
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+)(?: – (\d+\.\d+\.\d+))? \| ([12]) \| (\S+) \| ([^|]+) \|([^|]*)\|([^|]*)\|$", re.MULTILINE
)
ROWS = ROW.findall(PAGE)


def numbers(first: str, last: str) -> list[str]:
    section, _, begin = first.rpartition(".")
    end = last.rpartition(".")[2] or begin
    return [f"{section}.{number}" for number in range(int(begin), int(end) + 1)]


def test_every_requirement_of_levels_1_and_2_stands_there_once() -> None:
    expected = {
        (f"{section}.{number}", level)
        for section, by_level in REQUIREMENTS.items()
        for level, of_level in zip("12", by_level, strict=True)
        for number in of_level.split()
    }
    listed = [(number, level) for first, last, level, *_ in ROWS for number in numbers(first, last)]
    assert set(listed) == expected
    assert [number for number, times in Counter(listed).items() if times > 1] == []


def test_what_is_built_says_where_and_which_test_holds_it() -> None:
    for first, _, _, state, _, where, test in ROWS:
        files = re.findall(r"`([^`]+)`", where) + re.findall(r"`([^`]+)`", test)
        assert [file for file in files if not (ROOT / file).exists()] == [], first
        assert state in ("yes", "partly", "operator", "—")
        if state == "yes":
            assert len(files) == 2, first
            assert files[1].startswith("tests/")
