"""Faults of complaints, planted one at a time into a system that has lived."""

from tests.verify.planted import Fault, LivedSystem, each_of

# A case in work: one that was graded up, one that waits, one that was reopened, one that nobody worked at in time.
WAITS = "(select id from complaint_case where waiting = 'customer')"
REOPENED = "(select id from complaint_case where round = 2)"
LATE = "(select id from complaint_case where escalation_level = 'sponsor')"
GRADED = "(select case_id from case_step where name = 'severity')"
SETTLED = "(select id from complaint_case where status = 'resolved')"
RUNS = f"case_id = {REOPENED} and round = 2 and stage = 'solution'"
RUNS_ARMED = f"aggregate = {REOPENED} || '/2/solution' and state = 'pending'"
PAUSED = f"case_id = {REOPENED} and round = 1 and stage = 'solution'"  # it was, three times
AN_ID = "0192f000-0000-7000-8000-00000000ffff"
NEXT_DUE = f"""
    update complaint_case c set next_due_at = (select min(due_at) from deadline d where d.case_id = c.id
        and d.round = c.round and num_nonnulls(d.met_at, d.cancelled_at, d.done_late_at) = 0) where id = {REOPENED};
"""
ARMED = f"""
    update timer t set due_at = d.warn_at from deadline d
    where t.aggregate = d.case_id || '/' || d.round || '/' || d.stage and t.state = 'pending' and {RUNS}
"""

FAULTS = [
    # deadlines
    Fault("deadline-timer-deleted", "complaint", f"delete from timer where {RUNS_ARMED}", {"deadline_timers"}),
    Fault("deadline-timer-moved-a-year", "complaint",
          f"update timer set due_at = due_at + interval '1 year' where {RUNS_ARMED}", {"deadline_timers"}),
    Fault("deadline-timer-fired-without-effect", "complaint",
          f"update timer set state = 'fired', ended_at = due_at where {RUNS_ARMED}", {"deadline_timers"}),
    Fault("deadline-timer-fired-twice", "complaint",
          """insert into timer (aggregate, kind, generation, due_at, state, ended_at)
             select aggregate, kind, generation + 50, due_at, state, ended_at from timer
             where state = 'fired' and kind = 'deadline_warning' limit 1""", {"deadline_timers"}),
    Fault("deadline-timer-of-what-waits", "complaint",
          f"""insert into timer (aggregate, kind, generation, due_at, state)
              values ({WAITS} || '/1/solution', 'deadline_breach', 9, now() + interval '1 day', 'pending')""",
          {"deadline_timers"}),
    Fault("timer-of-no-deadline", "complaint",
          f"""insert into timer (aggregate, kind, generation, due_at, state, ended_at)
              values ('{AN_ID}/1/solution', 'deadline_warning', 1, now(), 'fired', now())""", {"deadline_timers"}),
    Fault("timer-pending-in-the-past", "complaint",
          f"update timer set due_at = now() - interval '1 day' where {RUNS_ARMED}",
          {"timers_end_once", "deadline_timers"}),
    Fault("deadline-deleted", "complaint", f"delete from deadline where {RUNS}",
          {"deadlines_given", "deadline_timers"}),
    Fault("deadline-deleted-with-its-timer", "complaint",
          f"delete from timer where {RUNS_ARMED}; delete from deadline where {RUNS}", {"deadlines_given"}),
    Fault("deadline-moved-a-year", "complaint",
          "update deadline set due_at = due_at + interval '1 year', warn_at = warn_at + interval '1 year' "
          f"where {RUNS}; {ARMED}",
          {"deadlines_due"}),
    Fault("deadline-moved-an-hour", "complaint",
          f"update deadline set due_at = due_at + interval '1 hour' where {RUNS}", {"deadlines_due"}),
    Fault("warning-moved", "complaint",
          f"update deadline set warn_at = warn_at - interval '1 hour' where {RUNS}; {ARMED}", {"deadlines_due"}),
    Fault("deadline-of-a-year-ago-moved", "complaint",
          f"update deadline set due_at = due_at + interval '1 day' where {PAUSED}", {"deadlines_due"}),
    Fault("pause-not-counted", "complaint",
          f"""update case_step s set at = p.at from case_step p
              where s.case_id = {REOPENED} and s.name = 'resumption' and p.case_id = s.case_id and p.name = 'pause'""",
          {"deadlines_due"}),
    Fault("allowance-doubled", "complaint",
          f"update deadline set allowance = allowance * 2, remaining = remaining * 2 where {RUNS}",
          {"deadline_allowances", "deadlines_due"}),
    Fault("allowance-of-no-tier", "complaint",
          f"update deadline set tier = null where {RUNS}", {"deadline_allowances"}),
    Fault("tier-nobody-was-in", "complaint",
          f"update deadline set tier = 'platinum' where {RUNS}", {"deadline_tiers", "deadline_allowances"}),
    Fault("deadline-of-another-stage", "complaint",
          f"update deadline set round = 3 where {RUNS}", {"deadlines_given", "deadline_timers"}),
    Fault("deadline-begins-later", "complaint",
          f"update deadline set started_at = started_at + interval '2 days' where {RUNS}",
          {"deadlines_given", "deadlines_due"}),
    Fault("breached-without-being-late", "complaint",
          f"""update deadline set breached_at = due_at, warned_at = warn_at, done_late_at = met_at, met_at = null
              where {PAUSED}""",
          {"deadlines_judged", "deadlines_end_once", "escalations", "missed_deadlines_agree"}),
    Fault("breach-forgotten", "complaint",
          f"""update deadline set breached_at = null, done_late_at = null, cancelled_at = done_late_at
              where case_id = {LATE} and stage = 'proposal'""",
          {"deadlines_judged", "deadlines_end_once", "escalations", "missed_deadlines_agree"}),
    Fault("met-before-it-was-done", "complaint",
          f"update deadline set met_at = due_at where {RUNS}; delete from timer where {RUNS_ARMED}",
          {"deadlines_judged"}),
    Fault("not-met-though-it-was-done", "complaint",
          f"update deadline set met_at = null, cancelled_at = met_at where {PAUSED}", {"deadlines_judged"}),
    Fault("done-late-at-another-time", "complaint",
          f"update deadline set done_late_at = done_late_at - interval '1 day' where case_id = {LATE}",
          {"deadlines_judged"}),
    Fault("breached-before-its-end", "complaint",
          "update deadline set breached_at = breached_at - interval '1 hour' "
          f"where case_id = {LATE} and stage = 'proposal'",
          {"deadlines_judged", "escalations", "missed_deadlines_agree"}),
    Fault("runs-while-the-customer-is-to-answer", "complaint",
          f"update deadline set running_since = now() where case_id = {WAITS} and stage = 'proposal'",
          {"deadlines_judged", "deadline_timers", "case_rows"}),
    Fault("stands-though-nobody-is-waited-for", "complaint",
          f"update deadline set running_since = null where {RUNS}; delete from timer where {RUNS_ARMED}",
          {"deadlines_judged"}),
    # rules
    Fault("calendar-altered", "complaint",
          """update rule_set_version set document = jsonb_set(document, '{opening_hours,sat}', '["09:00-17:00"]')
             where kind = 'calendar-rules'""", {"rule_set_documents", "deadlines_due"}),
    Fault("calendar-altered-with-its-fingerprint", "complaint",
          """update rule_set_version set document = jsonb_set(document, '{opening_hours,sat}', '["09:00-17:00"]'),
                 fingerprint = md5(coalesce(name::text, '') ||
                     jsonb_set(document, '{opening_hours,sat}', '["09:00-17:00"]')::text)
             where kind = 'calendar-rules'""", {"deadlines_due"}),
    Fault("hours-of-a-region-altered", "complaint",
          """update rule_set_version set document =
                 replace(document::text, '"08:00-12:00", ', '')::jsonb
             where kind = 'calendar-rules' and document -> 'other_hours' is not null""",
          {"rule_set_documents", "deadlines_due", "escalations_due"}),
    Fault("deadline-by-the-hours-of-another-region", "complaint",
          f"update deadline set region = null where {RUNS}", {"deadline_regions", "deadlines_due"}),
    Fault("region-altered", "complaint", "update customer set region = 'north' where region is not null",
          {"regions_in_complaint"}),
    Fault("region-forgotten", "complaint", "update customer set region = null", {"regions_in_complaint"}),
    Fault("ladder-altered-with-its-fingerprint", "complaint",
          """update rule_set_version set document = jsonb_set(document, '{escalation_hours}', '7'),
                 fingerprint = md5(coalesce(name::text, '') || jsonb_set(document, '{escalation_hours}', '7')::text)
             where kind = 'deadline-rules'""", {"escalations_due"}),
    Fault("escalated-too-soon", "complaint",
          f"""update escalation set at = at - interval '1 hour' where case_id = {LATE}
              and escalation_level = 'sponsor'""", {"escalations_due"}),
    Fault("allowances-altered", "complaint",
          """update rule_set_version set document = replace(document::text, ' 2400', ' 2401')::jsonb
             where kind = 'deadline-rules'""", {"rule_set_documents", "deadline_allowances"}),
    Fault("authority-altered", "complaint",
          """update rule_set_version set document = jsonb_set(document, '{roles,agent}', '{"points": "unlimited"}')
             where kind = 'authority-rules'""", {"rule_set_documents"}),
    Fault("bands-altered", "tiering",
          """update rule_set_version set document = jsonb_set(document, '{note}', '"x"')
             where kind = 'tier-policies'""", {"rule_set_documents"}),
    # cases
    Fault("story-altered", "complaint", f"update case_story set what_happened = 'Nothing.' where case_id = {LATE}",
          {"case_stories"}),
    Fault("contact-altered", "complaint", f"update case_story set contact_phone = '2' where case_id = {LATE}",
          {"case_stories"}),
    Fault("filed-at-another-time", "complaint",
          f"update complaint_case set filed_at = filed_at + interval '1 day' where id = {LATE}",
          {"case_rows", "cases_in_indicators", "cases_in_profile"}),
    Fault("kind-altered", "complaint", f"update complaint_case set category = 'price' where id = {LATE}",
          {"cases_announced"}),
    Fault("severity-altered", "complaint", f"update complaint_case set severity = 'low' where id = {GRADED}",
          {"case_rows"}),
    Fault("waits-for-nobody", "complaint", f"update complaint_case set waiting = null where id = {WAITS}",
          {"case_rows"}),
    Fault("closed-at-another-time", "complaint",
          "update complaint_case set closed_at = closed_at + interval '1 day' where status = 'closed'", {"case_rows"}),
    Fault("next-due-altered", "complaint",
          f"update complaint_case set next_due_at = next_due_at + interval '1 year' where id = {REOPENED}",
          {"case_rows"}),
    Fault("customer-forgotten", "complaint", f"update complaint_case set customer_id = null where id = {SETTLED}",
          {"case_rows", "case_customers", "identified_cases", "settlements_granted", "cases_in_indicators",
           "overview_cases", "cases_in_profile"}),
    Fault("level-altered", "complaint", f"update complaint_case set escalation_level = 'agent' where id = {LATE}",
          {"escalations"}),
    Fault("escalation-deleted", "complaint",
          "delete from escalation where escalation_level = 'head'", {"escalations", "deadlines_end_once"}),
    Fault("step-changed", "complaint",
          "update case_step set outcome = 'invalid' where name = 'judgement' and outcome = 'valid' and round = 1 and "
          f"case_id = {SETTLED}", {"case_histories", "cases_announced", "deadlines_judged"}),
    Fault("step-inserted", "complaint",
          f"""insert into case_step (case_id, number, round, name, status_before, status_after, at, recorded_at,
                                     done_by)
              select case_id, 9, 1, 'pause', status_after, status_after, at, now(), 'x' from case_step
              where case_id = {LATE} and number = 3""", {"case_histories", "case_rows"}),
    # settlements
    Fault("settlement-doubled", "complaint",
          f"""insert into proposal (id, case_id, round, points, amount, proposed_at, answered_at, accepted)
              select '{AN_ID}', case_id, round, points, amount, proposed_at, answered_at, accepted from proposal
              where case_id = {SETTLED}""",
          {"case_proposals", "settlements_granted", "settlements_waiting", "cases_announced"}),
    Fault("amount-altered", "complaint", f"update proposal set amount = 99 where case_id = {SETTLED}",
          {"cases_announced"}),
    Fault("answer-altered", "complaint", f"update proposal set accepted = false where case_id = {SETTLED}",
          {"case_proposals", "cases_announced", "settlements_granted", "settlements_waiting"}),
    Fault("proposal-deleted", "complaint", f"delete from proposal where case_id = {REOPENED} and not accepted",
          {"case_proposals", "cases_announced"}),
    Fault("resolution-announced-otherwise", "complaint",
          """update outbox set payload = replace(payload, '"points":300', '"points":500')
             where type = 'complaint.complaint_resolved.v1'""", {"payload_digests", "cases_announced"}),
    Fault("step-announced-by-nobody", "complaint",
          """update outbox set type = 'complaint.complaint_judged.v1'
             where type = 'complaint.complaint_reopened.v1'""", {"payload_digests", "cases_announced"}),
]  # fmt: skip


@each_of(FAULTS)
async def test_a_fault_is_found(lived: LivedSystem, fault: Fault) -> None:
    assert await lived.broken_by(fault) == fault.codes
