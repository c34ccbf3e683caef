"""An invariant that no test has ever seen broken may hold whatever happens: each one's code is in a test of verify."""

from pathlib import Path

import pytest

from deploy.verify.invariants import INVARIANTS

pytestmark = pytest.mark.pure

HERE = Path(__file__).parent


def test_each_invariant_is_broken_by_a_planted_fault() -> None:
    texts = "\n".join(file.read_text() for file in sorted(HERE.glob("test_*.py")) if file != Path(__file__))
    missing = {invariant.code for invariant in INVARIANTS if f'"{invariant.code}"' not in texts}
    assert missing == set()
