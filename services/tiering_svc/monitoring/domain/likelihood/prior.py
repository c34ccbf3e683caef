"""The model that Patron comes with (T12), for whoever has too little history, or whose own model is no better.

It is the fit to the first part of the demo's real year: 3,456 customers at the ends of April to June 2017, households
and their purchases at one grocer, 512 of them before a loss. Another trade's customers are not those households; so it
claims less than it found (`CERTAINTY`), and it knows nothing of complaints, arrears, returns and seasons, which are not
in those purchases. Whoever reads a likelihood by it is told so: `source` is `prior`.
"""

from datetime import date

from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel

CERTAINTY = 0.75

PURCHASES = LikelihoodModel(
    means=(0.9964, 0.5849, 1.3762, 3.0995, 0.437, -0.0106, 0.0, 0.0, 0.0, 0.0),
    spreads=(0.3987, 0.4677, 0.8858, 0.6466, 0.2686, 0.1351, 0.0, 0.0, 0.0, 0.0),
    intercept=-2.024,
    weights=(-0.2247, -0.0239, 0.0863, -0.1748, 0.2802, -0.1929, 0.0, 0.0, 0.0, 0.0, -0.1366, 0.1526, 0.1033),
    slope=0.9695,
    shift=-0.0476,
    samples=3456,
    losses=512,
    first_month=date(2017, 5, 1),
    last_month=date(2017, 7, 1),
)
"""As it was fitted, for comparison with what it is worth on the other part of that year."""

PRIOR = PURCHASES.cautious(CERTAINTY)
