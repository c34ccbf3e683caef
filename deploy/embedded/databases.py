"""One database a service, `patron_<service>`, and two roles that enter no other: its owner's and the service's own.

The owner, `patron_<service>_owner`, is for migrations: the tables are its. The service signs in as `patron_<service>`,
which reads and writes rows, and can not switch off what protects them. A service that is broken into reaches its own
data only. The cluster's own superuser is for the launcher, backups and `patron verify`. The roles' passwords are the
data directory's: `passwords.json`, made once, for the owner of the files only.
"""

import json
import os
import secrets
from collections.abc import Iterable

from deploy.embedded.failures import StartFailed
from deploy.embedded.postgres import EmbeddedPostgres
from shared.database_rights import rights_of

PASSWORDS = "passwords.json"  # pragma: allowlist secret


def database_of(service: str) -> str:
    """The name of a service's database, and of the role that the service signs in as."""
    return f"patron_{service}"


def owner_of(service: str) -> str:
    """The role that owns a service's database and all that is in it."""
    return f"patron_{service}_owner"


class ServiceDatabases:
    """The databases and roles of services on one embedded PostgreSQL, which must run."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._file = postgres.data_dir / PASSWORDS

    def ensure(self, services: Iterable[str]) -> None:
        """Every service has its roles, with the passwords of this data directory, and its database.

        Raises StartFailed where a database is not its owner's.
        """
        services = tuple(services)
        self.ensure_roles(services)
        owners = self._owners()
        for service in services:
            owner = owners.get(database_of(service))
            if owner is None:
                self.create(service, database_of(service))
            elif owner != owner_of(service):
                raise StartFailed(
                    f"The database {database_of(service)} in {self._postgres.data_dir} belongs to {owner}, not to "
                    f"{owner_of(service)}: a version before the first release made it, and this one can not use it. "
                    "Name another data directory with --data, or remove this one."
                )

    def ensure_roles(self, services: Iterable[str]) -> None:
        passwords = self._ensure_passwords(services)
        # the statements go through standard input, so that no password shows in a list of processes
        roles = {name: passwords[name] for service in services for name in _roles_of(service)}
        self._postgres.execute("".join(_role(name, password) for name, password in roles.items()))

    def create(self, service: str, name: str, template: str | None = None) -> None:
        """A database of the service's owner, which the service's role may enter too and no other."""
        self._postgres.create_database(name, template, owner=owner_of(service))
        self._postgres.execute(
            f'revoke connect, temporary on database "{name}" from public;'
            f'grant connect on database "{name}" to "{database_of(service)}";'
        )

    def grant_rights(self, service: str, name: str) -> None:
        """In a database whose tables were not made by a migration but loaded."""
        self._postgres.execute(f'set role "{owner_of(service)}"; {rights_of(database_of(service))};', name)

    def url(self, service: str) -> str:
        """How the service itself connects."""
        return self._url(service, database_of(service))

    def owner_url(self, service: str) -> str:
        """How its migrations connect."""
        return self._url(service, owner_of(service))

    def _url(self, service: str, role: str) -> str:
        return self._postgres.url(database_of(service), user=role, password=self._passwords()[role])

    def _owners(self) -> dict[str, str]:
        listing = self._postgres.client(
            "psql", "-d", "postgres", "-AtXc", "select datname, pg_get_userbyid(datdba) from pg_database"
        )
        return dict(line.split("|", 1) for line in listing.splitlines())

    def _passwords(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        passwords: dict[str, str] = json.loads(self._file.read_text())
        return passwords

    def _ensure_passwords(self, services: Iterable[str]) -> dict[str, str]:
        passwords = self._passwords()
        missing = [role for service in services for role in _roles_of(service) if role not in passwords]
        if missing:
            passwords |= {role: secrets.token_urlsafe(24) for role in missing}
            temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as output:
                output.write(json.dumps(passwords, indent=2) + "\n")
            temporary.replace(self._file)
        return passwords


def _roles_of(service: str) -> tuple[str, str]:
    return database_of(service), owner_of(service)


def _role(name: str, password: str) -> str:
    """SQL that makes the role when it is not there, and gives it this password and no rights over the cluster."""
    return f"""
        select 'create role "{name}"' where not exists (select from pg_roles where rolname = '{name}') \\gexec
        alter role "{name}" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '{password}';
        revoke connect on database postgres from public;
    """
