"""Where a token's claims say what is needed: paths into nested claims, and a provider's values as Patron's roles.

Providers put roles in different places: Keycloak in `realm_access.roles` and `resource_access.<client>.roles`, Entra in
`roles`, others below a name that is an address. A path parts names by dots; a dot or a backslash of a name itself is
written with a backslash before it: `resource_access.my\\.client.roles`, `https://id\\.example/roles`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ClaimPath:
    """The names that lead to a claim, the outermost first."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """`realm_access.roles` -> its names. ValueError for an empty name, or a backslash before anything else."""
        names, rest = [""], iter(text)
        for character in rest:
            if character == ".":
                names.append("")
                continue
            if character == "\\":
                character = next(rest, "")
                if character not in (".", "\\"):
                    raise ValueError("in a path of claims a backslash stands before a dot or a backslash")
            names[-1] += character
        if "" in names:
            raise ValueError("a path of claims has a name between its dots")
        return cls(tuple(names))

    def find_in(self, claims: Mapping[str, Any]) -> Any:
        """What stands there; None where nothing does."""
        value: Any = claims
        for name in self.names:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value


@dataclass(frozen=True, slots=True)
class ClaimPlaces:
    """Where an issuer's tokens say who somebody is. `roles_of` maps the issuer's values to Patron's roles; empty: the
    values are Patron's own. What is not in it gives nothing. `employee`: where a token names the employee itself."""

    subject: ClaimPath
    roles: ClaimPath
    partner: ClaimPath
    roles_of: Mapping[str, str]
    employee: ClaimPath | None = None

    def roles_in(self, claims: Mapping[str, Any], known: Collection[str]) -> frozenset[str]:
        """Patron's roles that the claims give. ValueError when there is something else than a list of values."""
        claimed = self.roles.find_in(claims) or []
        if not isinstance(claimed, list):
            raise ValueError("roles are a list")
        values = [value for value in claimed if isinstance(value, str)]
        roles = [self.roles_of.get(value) for value in values] if self.roles_of else values
        return frozenset(role for role in roles if role is not None and role in known)
