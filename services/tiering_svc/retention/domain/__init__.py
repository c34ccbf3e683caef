"""The rates of a period, the rule of who is lost, and the two models behind lifetime value: how often, how much."""
