"""The rules around key accounts (T8): one document in versions, one of them in force."""

from uuid import UUID

from services.tiering_svc.key_accounts.domain.rules import read_account_rules
from shared.rule_sets import RuleSetKind

KEY_ACCOUNT_RULES = RuleSetKind(
    "key-account-rules",
    read=lambda version: read_account_rules(version.document, version.version, "/document"),
    only=UUID("0198c5a0-0000-7000-8000-000000000201"),
)
