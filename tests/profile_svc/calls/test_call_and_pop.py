"""G4: the call as the exchange reports it, and what the agent sees while it rings. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest

from services.profile_svc.calls.domain.call import Call, record, require_same_number
from services.profile_svc.calls.domain.pop import Advice, Alert, CallContext, advise, alerts_for, greet
from services.profile_svc.calls.texts import name_of, texts, write_advice, write_alert, write_greeting
from services.profile_svc.files.domain.completeness import FIELDS
from services.profile_svc.files.domain.customer_file import open_file, open_stub
from shared.errors import DomainError

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUIET = CallContext("gold", 2, 0, 0, 100, 0, Decimal(0), None)
TROUBLED = CallContext("gold", 2, 3, 1, 0, 40, Decimal("12.5"), 1)


def person(**facts):
    names = [{"name": "单雄信"}, {"name": "Shan Xiongxin"}]
    return open_file(UUID(int=1), "person", {"names": names, **facts}, AT, regions=("US", "CN"))[0]


STATES = [
    ("ringing", AT, "A-1"),
    ("answered", AT + timedelta(seconds=12), "A-2"),
    ("ended", AT + timedelta(minutes=3), None),
]


@pytest.mark.parametrize("order", list(permutations(STATES)))
def test_G4_a_call_is_the_same_in_whatever_order_its_states_come(order):
    call = Call("C-1", "+12125550123")
    for state, at, agent in [*order, *order]:
        call = record(call, state, at, agent)
    assert call == Call("C-1", "+12125550123", None, "A-2", *(at for _, at, _ in STATES))
    assert call.waited == 12


def test_G4_a_state_has_one_time_and_a_call_one_number():
    call = record(Call("C-1", "+12125550123"), "ringing", AT, None)
    with pytest.raises(DomainError, match="call_state_differs"):
        record(call, "ringing", AT + timedelta(seconds=1), None)
    with pytest.raises(DomainError, match="call_number_differs"):
        require_same_number(call, "+12125550999")
    require_same_number(call, "+12125550123")


def test_G4_a_call_is_not_answered_before_it_rings():
    call = record(Call("C-1", "+12125550123"), "ringing", AT, None)
    with pytest.raises(DomainError, match="call_out_of_order"):
        record(call, "answered", AT - timedelta(seconds=1), None)
    assert call.waited is None


def test_G4_pop_greets_by_name_in_both_languages():
    greeting = write_greeting(greet(person(sex="male"), QUIET, hour=9))
    assert greeting["en"] == "Good morning, Shan Xiongxin. Thank you for being a gold customer."
    assert greeting["zh"] == "单雄信先生，上午好！感谢您成为我们的金卡客户。"


def test_G4_pop_greets_a_stranger_politely():
    stub, _ = open_stub(UUID(int=1), AT)
    nothing = CallContext(None, None, 0, 0, 0, 0, Decimal(0), None)
    assert write_greeting(greet(stub, nothing, hour=20))["en"] == "Good evening."
    assert write_greeting(greet(stub, nothing, hour=13))["zh"] == "您好，下午好！"
    assert [alert.code for alert in alerts_for(nothing, stub)] == ["unknown_customer"]
    assert [advice.code for advice in advise(nothing, stub)] == ["ask_who"]


def test_G4_pop_warns_of_what_hurts():
    assert [alert.code for alert in alerts_for(TROUBLED, person())] == [
        "deadline_overdue",
        "payment_overdue",
        "points_debt",
        "dissatisfied",
    ]
    assert [advice.code for advice in advise(TROUBLED, person())] == [
        "apologise_and_date",
        "remind_payment",
        "no_points_promises",
        "complete_file",
    ]
    assert alerts_for(QUIET, person()) == []


def test_G4_pop_tells_progress_of_an_open_case_that_is_in_time():
    in_time = CallContext("gold", 2, 1, 0, 0, 0, Decimal(0), 5)
    assert advise(in_time, person())[0].code == "tell_progress"
    assert alerts_for(in_time, person()) == []


def test_G4_fields_of_a_file_have_names():
    assert set(texts.names("field")) == {*FIELDS, "kind"}


@pytest.mark.parametrize("kind", ["tier", "cause", "field"])
def test_G4_no_code_is_spoken(kind):
    """Tiers, causes and fields that ship with Patron have names in both languages."""
    for code, name in texts.names(kind).items():
        assert "_" not in name["en"] + name["zh"]
        assert code in ("a", "b", "c", "vip") or code not in name["zh"].lower()


def test_G4_a_code_that_somebody_made_up_is_seen_to_be_one():
    context = CallContext("Q1_east", 2, 0, 0, 0, 0, Decimal(0), None)
    greeting = write_greeting(greet(person(), context, hour=15))
    assert greeting["en"] == "Good afternoon, Shan Xiongxin. Thank you for being a “Q1_east” customer."
    assert greeting["zh"] == "单雄信，下午好！感谢您成为我们的“Q1_east”级客户。"
    assert texts.both(name_of("cause", "our_own")) == {"en": "our own", "zh": "“our_own”"}


def test_G4_pop_asks_for_what_the_file_lacks_by_its_name():
    (advice,) = advise(QUIET, person(region="CN-50", phones=[{"number": "+12125550123"}]))
    text = write_advice(advice)
    assert advice.facts == {"field": "birth_date"}
    assert text["en"] == "Ask for what the file lacks, first: date of birth."
    assert text["zh"] == "请补全档案，首先是：出生日期。"


def test_G4_pop_counts_as_people_do():
    assert [write_alert(Alert("deadline_overdue", "high", {"count": count}))["en"] for count in (1, 2)] == [
        "1 case is past its deadline",
        "2 cases are past their deadline",
    ]
    assert write_alert(Alert("points_debt", "normal", {"count": 1}))["zh"] == "积分欠 1 分"
    assert write_advice(Advice("tell_progress"))["zh"] == "主动告知未结个案的进展。"
