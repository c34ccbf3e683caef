"""Costs that people report, and the runs that fit the models and value everybody."""
