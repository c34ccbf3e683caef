"""Rule sets: documents of rules in versions, written by one person, approved by another, in force from when to when.

Whatever a company sets for itself, and decisions must be explainable by, is a rule set: tier policies, warning rules,
stages, programmes, deadlines, calendars. All of them live in two tables of their service and by the same rules.

- A **version** never changes what it says; versions of one document share an `id`. A decision names (`id`, `version`).
- draft -> approved by another person -> active -> retired; a draft or an approved version may be rejected instead.
  `lifecycle.PATH` is the whole of it. Nothing but what is shipped gets into force by one person alone; and what has
  no author to be another than (ending a version, bringing one back) is asked for by one person and done by a second,
  within a week. Who approves names the version as soon as there is another it could be mistaken for.
- A version is in force from `effective_from` (now, or an instant to come, never one that is over) until just before
  `effective_to`. A kind may need **notice**: it begins so long after its activation or later (a deployment sets it by
  kind, `PATRON_RULE_NOTICE_SECONDS`); in an emergency a third person with that scope puts approved rules in force
  without. Activating the next ends the one before at the same instant: no overlap, no gap. One that has not
  begun can be retired; then what it would have ended goes on.
- A **kind** is declared once (`RuleSetKind`): *single* (one version in force, never none; with an `only` id, the number
  of a version names it) or many (one an id, or one a slot). Conditions and consequences of steps (a simulation, a
  notice, an event) are its hooks.
- The **history** says who did what when; it is never changed. So "what was in force at T, as known at K" has one
  answer: `rule_set_at(tx, kind, at, known_at)`, and `load_timeline` for a batch over many instants.
- What is read often is cheap: `load_in_force(tx, kind)` is one small query, without the document; a document is read
  into rules once a process. A query of one's own takes `in_force_sql` and `read_versions`.

How to add a rule set:

    # <area>/tables.py: once a service
    rule_set_version, rule_set_step = rule_set_tables(metadata)

    # migrations/versions/<first tables>.py, with what is shipped in JSON beside it, in force since ever or as drafts:
    # [{"kind": "visit-rules", "id": "0190...", "slot": "", "name": null, "document": {...}, "status": "active"}]
    create_rule_set_tables(op, "2026_11_28")                    # of shared.chassis.migrations
    install_rule_sets(op, "2026_11_28", json.loads(HERE.with_suffix(".json").read_text()))

    # <area>/repository.py (or rule_sets.py where an area has many): `read` is the domain's own reading of a document
    # (fields that are refused are pointed at in the body that brought them: /document/most_minutes)
    VISIT_RULES = RuleSetKind("visit-rules", read=lambda version: read_visit_rules(version.document))

    # <area>/handlers.py
    in_force = await load_in_force(tx, VISIT_RULES)             # now
    in_force = await rule_set_at(tx, VISIT_RULES, visit.at)     # then
    decide(visit, in_force.rules); visit.decided_by = in_force.key

    # <area>/routes.py: list, write, show, /in-force, /versions, /approval, /rejection, /activation, /retirement
    rules = rule_set_routes(VISIT_RULES, "/v1/visit-rules", VisitRulesDocument, singular="visit_rules",
                            tags=["visits"], read="customers:read", dependencies=[staff_only])

Add the path to the gateway's table of paths, and an invariant of `patron verify` for what the kind adds.
"""

from shared.rule_sets.handlers import (
    activate_version,
    approve_version,
    record_step,
    reject_version,
    retire_version,
    write_version,
)
from shared.rule_sets.kinds import RuleSetKind
from shared.rule_sets.lifecycle import SINCE_EVER, SYSTEM, RuleSetStep, RuleSetVersion, StepRequest
from shared.rule_sets.repository import (
    in_force_sql,
    list_in_force,
    list_in_force_of,
    list_intervals,
    list_rules,
    load_in_force,
    load_rules,
    load_timeline,
    load_version,
    read_versions,
    rule_set_at,
    rule_sets_at,
)
from shared.rule_sets.routes import rule_set_routes
from shared.rule_sets.schemas import RuleSetVersionRead
from shared.rule_sets.tables import RuleSetTables, rule_set_tables
from shared.rule_sets.timeline import InForce, Interval, Timeline, VersionKey

__all__ = [
    "SINCE_EVER",
    "SYSTEM",
    "InForce",
    "Interval",
    "RuleSetKind",
    "RuleSetStep",
    "RuleSetTables",
    "RuleSetVersion",
    "RuleSetVersionRead",
    "StepRequest",
    "Timeline",
    "VersionKey",
    "activate_version",
    "approve_version",
    "in_force_sql",
    "list_in_force",
    "list_in_force_of",
    "list_intervals",
    "list_rules",
    "load_in_force",
    "load_rules",
    "load_timeline",
    "load_version",
    "read_versions",
    "record_step",
    "reject_version",
    "retire_version",
    "rule_set_at",
    "rule_set_routes",
    "rule_set_tables",
    "rule_sets_at",
    "write_version",
]
