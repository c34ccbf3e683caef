"""Indicators of contact (T1): how often we spoke, what was agreed, what the customer complained of or praised."""

from collections.abc import Callable

from services.tiering_svc.core.domain.numbers import Value, quotient
from services.tiering_svc.indicators.domain.indicator import Indicator, days_since, of_class
from services.tiering_svc.indicators.domain.snapshot import Contacts, CustomerSnapshot

indicator = of_class("contact")


def _count(of: Callable[[Contacts], int | None]) -> Callable[[CustomerSnapshot], Value]:
    return lambda snapshot: of(snapshot.contacts)


def _per_contact(of: Callable[[Contacts], int | None]) -> Callable[[CustomerSnapshot], Value]:
    return lambda snapshot: quotient(of(snapshot.contacts), snapshot.contacts.contacts)


def _cases(contacts: Contacts) -> int | None:
    kinds = (
        contacts.complaints, contacts.suggestions, contacts.praises, contacts.consultations, contacts.repairs,
        contacts.other_cases,
    )  # fmt: skip
    return None if None in kinds else sum(count for count in kinds if count is not None)


CONTACT: tuple[Indicator, ...] = (
    indicator(
        "contacts",
        "count",
        "window",
        ("Contacts", "Entries of the contact log: calls, visits, letters and so on, made in the window"),
        ("联系次数", "窗口期内联系记录的条数：电话、拜访、信函等"),
        value=_count(lambda contacts: contacts.contacts),
    ),
    indicator(
        "days_since_last_contact",
        "days",
        "ever",
        ("Days since the last contact", "Whole days from the last entry of the contact log"),
        ("距上次联系天数", "距最近一次联系记录的整天数"),
        value=lambda snapshot: days_since(snapshot.contacts.last_contact_at, snapshot.as_of),
    ),
    indicator(
        "tasks",
        "count",
        "window",
        ("Tasks", "Next steps that were agreed at the contacts of the window"),
        ("任务数", "窗口期内联系时约定的后续事项数"),
        value=_count(lambda contacts: contacts.tasks),
    ),
    indicator(
        "open_tasks",
        "count",
        "as_of",
        ("Open tasks", "Next steps agreed at any time that were not done by then"),
        ("未完成任务数", "截至该时刻尚未完成的后续事项数，不论何时约定"),
        value=_count(lambda contacts: contacts.open_tasks),
    ),
    indicator(
        "overdue_tasks",
        "count",
        "as_of",
        ("Overdue tasks", "Open tasks whose day had passed"),
        ("逾期任务数", "已过约定日期的未完成任务数"),
        value=_count(lambda contacts: contacts.overdue_tasks),
    ),
    indicator(
        "tasks_done_rate",
        "ratio",
        "window",
        ("Tasks done", "Of the tasks of the window, the share that was done by then"),
        ("任务完成率", "窗口期内约定的任务中截至该时刻已完成的比例"),
        value=lambda snapshot: quotient(snapshot.contacts.done_tasks, snapshot.contacts.tasks),
    ),
    indicator(
        "tasks_per_contact",
        "ratio",
        "window",
        ("Tasks per contact", "Tasks over contacts"),
        ("每次联系任务数", "任务数除以联系次数"),
        value=_per_contact(lambda contacts: contacts.tasks),
    ),
    indicator(
        "cases",
        "count",
        "window",
        ("Cases", "Complaints, suggestions, praises, consultations and repairs filed in the window"),
        ("服务事项数", "窗口期内登记的投诉、建议、表扬、咨询和维修数"),
        value=_count(_cases),
    ),
    indicator(
        "complaints",
        "count",
        "window",
        ("Complaints", "Complaints filed in the window, found valid or not"),
        ("投诉数", "窗口期内登记的投诉数，不论是否成立"),
        value=_count(lambda contacts: contacts.complaints),
    ),
    indicator(
        "suggestions",
        "count",
        "window",
        ("Suggestions", "Suggestions filed in the window"),
        ("建议数", "窗口期内登记的建议数"),
        value=_count(lambda contacts: contacts.suggestions),
    ),
    indicator(
        "praises",
        "count",
        "window",
        ("Praises", "Praises filed in the window"),
        ("表扬数", "窗口期内登记的表扬数"),
        value=_count(lambda contacts: contacts.praises),
    ),
    indicator(
        "consultations",
        "count",
        "window",
        ("Consultations", "Consultations filed in the window"),
        ("咨询数", "窗口期内登记的咨询数"),
        value=_count(lambda contacts: contacts.consultations),
    ),
    indicator(
        "repairs",
        "count",
        "window",
        ("Repairs", "Repairs filed in the window"),
        ("维修数", "窗口期内登记的维修数"),
        value=_count(lambda contacts: contacts.repairs),
    ),
    indicator(
        "complaints_per_order",
        "ratio",
        "window",
        ("Complaints per order", "Complaints over orders"),
        ("每单投诉数", "投诉数除以订单数"),
        value=lambda snapshot: quotient(snapshot.contacts.complaints, snapshot.figures.orders),
    ),
    indicator(
        "complaints_per_contact",
        "ratio",
        "window",
        ("Complaints per contact", "Complaints over contacts"),
        ("每次联系投诉数", "投诉数除以联系次数"),
        value=_per_contact(lambda contacts: contacts.complaints),
    ),
    indicator(
        "suggestions_per_contact",
        "ratio",
        "window",
        ("Suggestions per contact", "Suggestions over contacts"),
        ("每次联系建议数", "建议数除以联系次数"),
        value=_per_contact(lambda contacts: contacts.suggestions),
    ),
    indicator(
        "praises_per_contact",
        "ratio",
        "window",
        ("Praises per contact", "Praises over contacts"),
        ("每次联系表扬数", "表扬数除以联系次数"),
        value=_per_contact(lambda contacts: contacts.praises),
    ),
    indicator(
        "complaint_share",
        "ratio",
        "window",
        ("Share of complaints", "Complaints over cases of every kind"),
        ("投诉占比", "投诉数除以服务事项数"),
        value=lambda snapshot: quotient(snapshot.contacts.complaints, _cases(snapshot.contacts)),
    ),
    indicator(
        "praise_share",
        "ratio",
        "window",
        ("Share of praises", "Praises over cases of every kind"),
        ("表扬占比", "表扬数除以服务事项数"),
        value=lambda snapshot: quotient(snapshot.contacts.praises, _cases(snapshot.contacts)),
    ),
    indicator(
        "open_cases",
        "count",
        "as_of",
        ("Open cases", "Cases filed at any time that were not closed then"),
        ("未结事项数", "截至该时刻尚未结案的服务事项数，不论何时登记"),
        value=_count(lambda contacts: contacts.open_cases),
    ),
    indicator(
        "closed_cases",
        "count",
        "window",
        ("Closed cases", "Cases that were closed in the window and not opened again by then"),
        ("已结事项数", "窗口期内结案且截至该时刻未重新打开的服务事项数"),
        value=_count(lambda contacts: contacts.closed_cases),
    ),
    indicator(
        "case_satisfaction",
        "score",
        "window",
        ("Satisfaction with cases", "Mean satisfaction, 1 to 5, told at the closing of the closed cases"),
        ("事项满意度", "已结事项结案时所给满意度（1 至 5）的平均值"),
        value=lambda snapshot: quotient(snapshot.contacts.satisfaction_sum, snapshot.contacts.rated_cases),
    ),
)
