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
    lows=(-1.0, 0.0, 1.3863, 0.0423, -0.4391, 0.0, 0.0, 0.0, 0.0),
    highs=(1.0, 6.5535, 4.9944, 1.4344, 0.5084, 0.0, 0.0, 0.0, 0.0),
    means=(0.0036, 0.4189, 3.0793, 0.4361, -0.011, 0.0, 0.0, 0.0, 0.0, 0.1561, 2.0117),
    spreads=(0.3987, 0.9894, 0.643, 0.2645, 0.1316, 0.0, 0.0, 0.0, 0.0, 9.8078, 5.0941),
    intercept=-1.8839,
    weights=(0.0, 0.0801, -0.2386, 0.2842, -0.1759, 0.0, 0.0, 0.0, 0.0, 0.2329, 0.1921),
    slope=0.9815,
    shift=-0.0277,
    samples=3456,
    losses=512,
    first_month=date(2017, 5, 1),
    last_month=date(2017, 7, 1),
)
"""As it was fitted, for comparison with what it is worth on the other part of that year."""

PRIOR = PURCHASES.cautious(CERTAINTY)
