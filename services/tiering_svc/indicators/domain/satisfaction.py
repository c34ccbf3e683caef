"""The indicator of satisfaction (T1, T16): what the customer said it got, less what it had expected."""

from services.tiering_svc.core.domain.numbers import quotient
from services.tiering_svc.indicators.domain.indicator import Indicator, of_class

indicator = of_class("contact")

SATISFACTION: tuple[Indicator, ...] = (
    indicator(
        "satisfaction",
        "points",
        "window",
        (
            "Satisfaction",
            "Mean score of the questionnaires answered in the window: experience less expectation, each by the index it"
            " was given to; unknown where nobody answered",
        ),
        ("满意度", "窗口期内所答问卷得分的平均值：体验减期望，各按其所属版本的指标体系计算；无人作答时未知"),
        value=lambda snapshot: quotient(snapshot.contacts.score_sum, snapshot.contacts.answers),
        signed=True,
    ),
)
