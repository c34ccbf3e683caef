"""Costs that people tell, and the runs that fit the models and value everybody."""
