"""What the demo makes up: the same every time, from ranges that belong to nobody, never more than the data allows."""

import re

import numpy as np
import phonenumbers

from deploy.demo.costs import COST_SHARE, cost_share
from deploy.demo.households import demographics, file_of, phone_of
from deploy.demo.synthetic import COMPLAINT_RATE, RETURN_RATE, draw_complaints, draw_returns
from services.profile_svc.files.schemas import CustomerCreate


def test_files_are_the_same_every_time_and_of_every_sort():
    known = demographics()
    files = [file_of(household, rank, known.get(household, {})) for rank, household in enumerate(range(1, 2_470))]
    assert files == [file_of(h, rank, known.get(h, {})) for rank, h in enumerate(range(1, 2_470))]
    assert {file["kind"] for file in files} == {"person", "organisation"}
    assert {file["names"][0]["language"] for file in files} == {"en", "zh"}
    assert sum("age_band" in file for file in files) == len([h for h in known if h < 2_470])


def test_every_file_is_one_that_profile_takes():
    known = demographics()
    households = [*known, 99_001, 99_002, 99_003]
    for rank, household in enumerate(households):
        file = file_of(household, rank, known.get(household, {}))
        read = CustomerCreate.model_validate(file)
        assert set(read.facts()) == set(file) - {"kind"}


def test_phones_are_possible_unique_and_kept_for_fiction():
    numbers = [phone_of(rank) for rank in range(2_469)]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert re.fullmatch(r"\+1[2-9]\d{2}55501\d{2}", number)
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))


def test_about_one_basket_in_a_hundred_comes_back_and_never_more_than_was_bought(purchases):
    baskets = np.arange(len(purchases))
    returns = draw_returns(purchases, baskets, 0)
    assert abs(len(returns) / len(purchases) - RETURN_RATE) < 0.001
    for back in returns:
        first = int(purchases.first_line[back.basket])
        count = int(purchases.first_line[back.basket + 1]) - first
        numbers = [line for line, _ in back.lines]
        assert numbers
        assert len(set(numbers)) == len(numbers)
        assert all(1 <= n <= count and q == purchases.quantity[first + n - 1] for n, q in back.lines)
        assert back.at > purchases.placed_at[back.basket]


def test_a_sample_draws_the_same_as_the_whole(purchases):
    everything = {back.basket: back for back in draw_returns(purchases, np.arange(len(purchases)), 0)}
    some = draw_returns(purchases, np.arange(0, len(purchases), 7), 0)
    assert some
    assert all(everything[back.basket] == back for back in some)


def test_complaints_come_after_the_purchase_and_take_every_way(purchases):
    complaints = draw_complaints(purchases, np.arange(len(purchases)), 0, int(purchases.placed_at[-1]))
    assert abs(len(complaints) / len(purchases) - COMPLAINT_RATE) < 0.0005
    assert {c.outcome for c in complaints} & {"settling", "judged", "received"}
    assert all(c.at > purchases.placed_at[c.basket] for c in complaints)
    assert all(c.outcome == "closed" for c in complaints if c.kind != "complaint")
    long_ago = int(purchases.placed_at[-1]) - 30 * 24 * 3600
    assert {c.outcome for c in complaints if c.at < long_ago} == {"closed", "refused", "invalid"}


def test_cost_shares_are_of_departments_that_exist(purchases):
    assert set(COST_SHARE) <= {category for _, category in purchases.goods}
    assert all(0 < cost_share(category) < 1000 for _, category in purchases.goods)
