"""Who may do what, by hand: written from docs/domain.md and docs/authority.md, not from the code's own policies.

Every operation of every contract is in exactly one family, by its method and path; a new one that is in none fails the
suite until somebody says whose it is.
"""

import re
from collections.abc import Iterable
from functools import cache

from tests.security.partners import FOR_PARTNERS

COMPANY = frozenset({"agent", "manager", "head", "analyst", "auditor", "admin"})
SERVICE_ROOM = frozenset({"admin", "service", "operator"})  # what runs Patron, and the services among themselves
CASE_WORKERS = frozenset({"agent", "manager", "head", "admin"})  # who talks with customers
LINE = frozenset({"manager", "head", "admin"})  # who answers for a team, and may report for the company
DECIDERS = frozenset({"head", "admin"})
AUTHORS = frozenset({"analyst", "admin"})  # who writes rules
RUNNERS = frozenset({"head", "analyst", "admin"})  # who has things computed
NOMINATORS = frozenset({"manager", "head", "analyst", "admin"})
ADMIN = frozenset({"admin"})
ANYBODY = frozenset({"*"})  # also who has no token

RULE_SETS = (
    "tier-policies|satisfaction-indexes|revenue-targets|assessment-rules|churn-rules|key-account-rules|warning-rules"
    "|stage-rules|run-schedules|calendar-rules|deadline-rules|authority-rules|programmes"
)
CUSTOMER = r"/v1/customers/\{customer_id\}"

# Family by family, the first that matches: a pattern over "METHOD path", and who may.
FAMILIES: tuple[tuple[str, frozenset[str]], ...] = (
    (r"POST /dev/token", ANYBODY),
    (r"POST /v1/sign-out", COMPANY | {"partner"}),
    (r"GET /v1/health", COMPANY | {"partner"}),
    (
        r"GET /internal/((personal-data|erasures)/.*|complaints/\{complaint_id\}/contact)",
        SERVICE_ROOM - ADMIN,
    ),  # only as parts of what is asked for openly
    (r"(GET|POST) /internal/.*", SERVICE_ROOM),
    (r"(GET|POST|DELETE) /v1/partners.*", ADMIN),
    (r"GET /v1/audit(/check)?", frozenset({"head", "auditor", "admin"})),
    (r"GET /v1/adjustments", DECIDERS),  # what waits for a decision
    (r"POST /v1/message-requests/\{message_id\}/delivery", ADMIN),  # and who sends, a role of its own
    (rf"GET {CUSTOMER}/(merges|tier)/preview", LINE),
    (rf"(DELETE {CUSTOMER}|POST /v1/erasures|(GET|POST) {CUSTOMER}/export.*)", DECIDERS),  # who answers for privacy
    (r"(GET|HEAD|POST|PATCH|DELETE) /v1/(uploads|customer-imports)(/.*)?", CASE_WORKERS),
    (r"POST /v1/customer-exports(/\{export_id\}/cancellation)?", COMPANY),  # as far as each may see
    (r"GET /v1/.*", COMPANY),
    (rf"POST /v1/({RULE_SETS})(/{{rule_set_id}}/versions)?", AUTHORS),
    (rf"POST /v1/({RULE_SETS})/{{rule_set_id}}/(approval|rejection|activation|retirement)", DECIDERS),
    (r"POST /v1/(tier-policies|warning-rules)/\{\w+\}/(simulations|back-tests)(/\{\w+\}/cancellation)?", RUNNERS),
    (r"POST /v1/(evaluations|assessments|submissions|spot-checks)", RUNNERS),
    (r"POST /v1/(lifetime-value|warnings)/runs(/\{run_id\}/cancellation)?", RUNNERS),
    (r"POST /v1/adjustments/\{adjustment_id\}/(approval|rejection)", DECIDERS),
    (rf"POST {CUSTOMER}/consents", CASE_WORKERS),  # who hears a customer say yes or no
    (rf"POST {CUSTOMER}/points/(adjustments|transfers|lots/{{lot_id}}/extension)", DECIDERS),
    (rf"POST {CUSTOMER}/points/(redemptions(/{{entry_id}}/reversal)?|holds)", CASE_WORKERS),
    (r"POST /v1/holds/\{hold_id\}/(capture|release)", CASE_WORKERS),
    (rf"POST {CUSTOMER}/tier/(overrides|retentions)(/{{\w+}}/end)?", DECIDERS),
    (rf"POST {CUSTOMER}/(key-account|exclusion)/end", DECIDERS),
    (r"POST /v1/(key-accounts|exclusions)/nominations/\{nomination_id\}/(approval|rejection)", DECIDERS),
    (r"POST /v1/(key-accounts|exclusions)/nominations(/\{nomination_id\}/cancellation)?", NOMINATORS),
    (rf"POST {CUSTOMER}/risks(/{{flag_id}}/end)?", NOMINATORS),
    (r"POST /v1/retention/costs", NOMINATORS),
    (r"POST /v1/warnings/\{warning_id\}/(acknowledgement|steps|closing)", CASE_WORKERS),
    (r"POST /v1/satisfaction/answers", CASE_WORKERS),
    (r"(POST|PATCH) /v1/complaints.*", CASE_WORKERS),
    (r"POST /v1/(orders|receivables|payments).*", LINE),
    (r"(POST|PATCH) /v1/(units|employees)(/\{\w+\})?", DECIDERS),  # the directory says who sees what
    (r"(POST|DELETE) /v1/employees/\{employee_id\}/departure", DECIDERS),
    (r"(PUT|DELETE) /v1/employees/\{employee_id\}/(centre|absence)", LINE),
    (rf"(POST|DELETE) {CUSTOMER}/team.*", LINE),
    (rf"(POST|DELETE) {CUSTOMER}/merges.*", LINE),
    (rf"(POST|DELETE) {CUSTOMER}/references.*", CASE_WORKERS),
    (rf"POST {CUSTOMER}/consents", CASE_WORKERS),  # who hears from the customer what it allows
    (r"POST /v1/(customers|customers:batch|call-events)", CASE_WORKERS),
    (rf"(PATCH {CUSTOMER}|(PUT|DELETE) {CUSTOMER}/parent|POST {CUSTOMER}/contact-log.*)", CASE_WORKERS),
)
OF_PARTNERS = frozenset((entry.method, entry.path) for entries in FOR_PARTNERS.values() for entry in entries)
# From outside a partner reaches only what is about single customers and cases, and what it reports itself.
FROM_OUTSIDE = re.compile(r"/v1/(customers|complaints|orders|orders:batch|receivables|payments)(/.*)?")


@cache
def who_may(service: str, method: str, path: str) -> frozenset[str]:
    """The roles that may use an operation at a service, and `partner`, `service`, `operator`; `*` is everybody."""
    for pattern, roles in FAMILIES:
        if re.fullmatch(pattern, f"{method} {path}"):
            for_partners = (method, path) in OF_PARTNERS and (service != "gateway" or FROM_OUTSIDE.fullmatch(path))
            return roles | ({"partner"} if for_partners else set())
    raise LookupError(f"nobody has said who may {method} {path}")


def without_a_family(operations: Iterable[tuple[str, str]]) -> list[str]:
    """The operations that no family takes."""
    return [
        f"{method} {path}"
        for method, path in operations
        if not any(re.fullmatch(pattern, f"{method} {path}") for pattern, _ in FAMILIES)
    ]
