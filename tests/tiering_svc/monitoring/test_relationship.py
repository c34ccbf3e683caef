"""Relationship types (T11): read from the matrix of a tier's size and the margin; what is not known is not guessed."""

from decimal import Decimal

import pytest

from services.tiering_svc.monitoring.domain.defaults import DEFAULT_STAGE_RULES
from services.tiering_svc.monitoring.domain.monthly_series import Margin
from services.tiering_svc.monitoring.domain.relationship import (
    MARGIN_BANDS,
    RELATIONSHIPS,
    SIZE_BANDS,
    TierSizes,
    relationship_of,
)
from services.tiering_svc.monitoring.domain.stage_rules import read_stage_rules
from tests.tiering_svc.monitoring.test_stage import series_of

RULES = read_stage_rules(DEFAULT_STAGE_RULES).relationship


@pytest.mark.parametrize(
    ("margin_rate", "margin"), [("0.19", "low"), ("0.2", "medium"), ("0.29", "medium"), ("0.3", "high")]
)
@pytest.mark.parametrize(("size", "number"), [(10, "few"), (11, "medium"), (35, "medium"), (36, "many")])
def test_T11_the_relationship_is_read_from_the_matrix(margin_rate: str, margin: str, size: int, number: str):
    series = series_of((10, 10), margin=Margin(Decimal(margin_rate) * 100, Decimal(100)))
    classified = relationship_of(series, "gold", TierSizes({"gold": size, "rest": 100 - size}, 100), RULES)
    assert (classified.reasons["customers"], classified.reasons["margin"]) == (number, margin)
    assert classified.code == DEFAULT_STAGE_RULES["relationships"]["types"][number][margin]


def test_T11_what_is_not_known_is_not_guessed():
    sizes = TierSizes({"gold": 5}, 5)
    known = series_of((10, 10), margin=Margin(Decimal(1), Decimal(10)))
    assert relationship_of(series_of((10, 10)), "gold", sizes, RULES).code is None
    assert relationship_of(known, None, sizes, RULES).code is None
    assert relationship_of(known, "silver", sizes, RULES).code is None


def test_T11_more_margin_and_fewer_customers_never_get_less():
    types = DEFAULT_STAGE_RULES["relationships"]["types"]
    attention = {
        (row, column): RELATIONSHIPS.index(types[size][margin])
        for row, size in enumerate(SIZE_BANDS)
        for column, margin in enumerate(MARGIN_BANDS)
    }
    for (row, column), level in attention.items():
        assert level <= attention.get((row + 1, column), 9)
        assert level >= attention.get((row, column + 1), -1)
