"""Indicators of finance (T1): how much is received and how soon, what is owed, what is late."""

from services.tiering_svc.core.domain.numbers import quotient
from services.tiering_svc.indicators.domain.indicator import Indicator, of_class

indicator = of_class("finance")

FINANCE: tuple[Indicator, ...] = (
    indicator(
        "largest_receipt",
        "money",
        "window",
        ("Largest receipt", "The largest payment received in the window"),
        ("最大回款", "窗口期内最大的一笔回款"),
        value=lambda snapshot: snapshot.receivables.largest_receipt,
    ),
    indicator(
        "average_receipt",
        "money",
        "window",
        ("Average receipt", "Mean payment received in the window"),
        ("平均回款", "窗口期内回款的平均额"),
        value=lambda snapshot: snapshot.receivables.average_receipt,
    ),
    indicator(
        "collection_period",
        "days",
        "window",
        ("Average collection period", "Days from issue to payment, weighted by what was paid in the window"),
        ("平均收款期", "从开票到付款的天数，按窗口期内回款额加权"),
        value=lambda snapshot: snapshot.receivables.collection_days,
    ),
    indicator(
        "outstanding",
        "money",
        "as_of",
        ("Outstanding", "What is still owed on receivables issued by then"),
        ("应收余额", "截至当时已开票而未收的金额"),
        value=lambda snapshot: snapshot.receivables.outstanding,
    ),
    indicator(
        "arrears",
        "money",
        "as_of",
        ("Arrears", "What is owed past its due day; unknown where nothing was ever owed"),
        ("欠款", "逾期未付金额；从未有应收时未知"),
        value=lambda snapshot: snapshot.receivables.arrears,
    ),
    indicator(
        "average_arrears",
        "money",
        "as_of",
        ("Average arrears", "Arrears over the number of receivables in arrears; unknown where there is none"),
        ("平均欠款", "逾期未付金额除以逾期的应收笔数；没有逾期时未知"),
        value=lambda snapshot: quotient(snapshot.receivables.arrears, snapshot.receivables.in_arrears),
    ),
    indicator(
        "arrears_rate",
        "ratio",
        "as_of",
        ("Arrears rate", "Arrears over all that is outstanding; unknown where nothing is outstanding"),
        ("欠款率", "逾期未付金额除以应收余额；没有应收余额时未知"),
        value=lambda snapshot: quotient(snapshot.receivables.arrears, snapshot.receivables.outstanding),
    ),
)
