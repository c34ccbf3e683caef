"""The rules of access, pure: a partner's key, failed sign-ins, how long a provider's keys are fresh, a token's name."""
