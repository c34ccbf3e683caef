"""What several of tiering's test files use."""

from tests.tiering_svc.real_year import real_year, real_year_copy, real_year_database

__all__ = ["real_year", "real_year_copy", "real_year_database"]
