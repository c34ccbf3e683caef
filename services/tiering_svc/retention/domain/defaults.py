"""The churn rules that come with Patron (T11, T13), in force from the start."""

# On the demo's real year two thirds of those found lost bought again within three months, whether three or eight own
# cycles were asked for (0.66 and 0.63): the multiple decides little, so the shorter one counts.
DEFAULT_CHURN_RULES = {
    "dormant": {"days": 30, "cycles": "2"},
    "lost": {"days": 90, "cycles": "3"},
}
