"""One database and one login role a service, both `patron_<service>`: a role owns its database and enters no other.

A service that is broken into reaches its own data only. The cluster's own superuser is for the launcher, backups and
`patron verify`. The roles' passwords are the data directory's: `passwords.json`, made once, for the owner only.
"""

import json
import os
import secrets
from collections.abc import Iterable

from deploy.embedded.postgres import EmbeddedPostgres

PASSWORDS = "passwords.json"  # pragma: allowlist secret


def database_of(service: str) -> str:
    """The name of a service's database, and of the role that owns it."""
    return f"patron_{service}"


class ServiceDatabases:
    """The databases and roles of services on one embedded PostgreSQL, which must run."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._file = postgres.data_dir / PASSWORDS

    def ensure(self, services: Iterable[str]) -> None:
        """Every service has its role, with the password of this data directory, and its database."""
        services = tuple(services)
        self.ensure_roles(services)
        existing = set(self._postgres.databases())
        for service in services:
            if database_of(service) not in existing:
                self.create(service, database_of(service))

    def ensure_roles(self, services: Iterable[str]) -> None:
        passwords = self._ensure_passwords(services)
        # the statements go through standard input, so that no password shows in a list of processes
        self._postgres.execute("".join(_role(database_of(service), passwords[service]) for service in services))

    def create(self, service: str, name: str, template: str | None = None) -> None:
        """A database that the service's role owns and that no other role may enter."""
        self._postgres.create_database(name, template, owner=database_of(service))
        self._postgres.execute(f'revoke connect, temporary on database "{name}" from public;')

    def url(self, service: str) -> str:
        """How the service itself connects."""
        role = database_of(service)
        return self._postgres.url(role, user=role, password=self._passwords()[service])

    def _passwords(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        passwords: dict[str, str] = json.loads(self._file.read_text())
        return passwords

    def _ensure_passwords(self, services: Iterable[str]) -> dict[str, str]:
        passwords = self._passwords()
        missing = [service for service in services if service not in passwords]
        if missing:
            passwords |= {service: secrets.token_urlsafe(24) for service in missing}
            temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as output:
                output.write(json.dumps(passwords, indent=2) + "\n")
            temporary.replace(self._file)
        return passwords


def _role(name: str, password: str) -> str:
    """SQL that makes the role when it is not there, and gives it this password and no rights over the cluster."""
    return f"""
        select 'create role "{name}"' where not exists (select from pg_roles where rolname = '{name}') \\gexec
        alter role "{name}" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '{password}';
        revoke connect on database postgres from public;
    """
