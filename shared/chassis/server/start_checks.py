"""What must be right before a service starts. Everything that is wrong is said at once, with what to change.

Each check returns sentences; none repeats a secret. Settings are those of the environment, keys the files in
PATRON_KEYS.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared.chassis.observability.trace_export import missing_packages
from shared.chassis.server.hosts import ANY, LOOPBACK
from shared.chassis.settings import ServiceSettings
from shared.events import OWNERS
from shared.messaging.seal import FILE_NAME as BUS_KEYS
from shared.messaging.seal import BadKeyRing, KeyRingFile

CONFIGURATION_FAULT = 78  # EX_CONFIG of sysexits.h: to start again changes nothing

OTHERS = 0o077  # what the group and everybody else may do
WRITE_OF_OTHERS = 0o022
PASSWORD_ELSEWHERE = ("PGPASSWORD", "PGPASSFILE")


def describe_settings_error(error: ValidationError | SettingsError) -> list[str]:
    """Which variables can not be read, and why, without what they hold."""
    if isinstance(error, SettingsError):
        field = re.search(r'field "(\w+)"', str(error))
        name = f"PATRON_{field.group(1).upper()}" if field else "A variable"
        return [f"{name} is a list or a map and has to be written in JSON."]
    sentences = []
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        message = fault["msg"].removeprefix("Value error, ").rstrip(".")
        name = "_".join(("PATRON", *(str(step).upper() for step in fault["loc"][:1])))
        sentences.append(f"{name}: {message}." if fault["loc"] else f"{message}.")
    return sentences


def find_faults(settings: ServiceSettings) -> list[str]:
    """Everything that keeps a service with these settings from starting; empty when it may start."""
    checks: tuple[Callable[[Any], Iterator[str]], ...] = (_issuers, _hosts, _database, _keys, _traces)
    return [fault for check in checks for fault in check(settings)]


def _traces(settings: ServiceSettings) -> Iterator[str]:
    if not settings.traces_to:
        return
    if urlsplit(settings.traces_to).scheme not in ("http", "https"):
        yield "PATRON_TRACES_TO is no address: write it as http://collector:4318/v1/traces."
    if missing := missing_packages():
        yield f"PATRON_TRACES_TO needs the packages of patron[otel], and {', '.join(missing)} is not installed."


def is_loopback(host: str | None) -> bool:
    """Whether a host of an address is this machine."""
    if host in ("localhost", None):
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _issuers(settings: Any) -> Iterator[str]:
    issuer, keys_url = getattr(settings, "oidc_issuer", None), getattr(settings, "oidc_jwks_url", None)
    if settings.dev_issuer and issuer:
        yield (
            "PATRON_DEV_ISSUER is on beside PATRON_OIDC_ISSUER: everybody could give themselves any role. "
            "Set PATRON_DEV_ISSUER=0."
        )
    for name, url in {"PATRON_OIDC_ISSUER": issuer, "PATRON_OIDC_JWKS_URL": keys_url}.items():
        parts = urlsplit(url or "https://nothing")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            yield (
                f"{name} is not https: whoever is on the way to it could sign anybody in. "
                "Use the https address (http is for this machine only)."
            )


def _hosts(settings: ServiceSettings) -> Iterator[str]:
    beyond = [host for host in settings.hosts if host.lower() not in LOOPBACK]
    if not settings.dev_issuer:
        return
    if ANY in beyond:
        yield (
            "PATRON_HOSTS holds * while PATRON_DEV_ISSUER is on: any page in a browser near this service could fetch a "
            "token. Name the hosts, or set PATRON_DEV_ISSUER=0."
        )
    elif beyond and not settings.dev_issuer_public:
        yield (
            f"PATRON_DEV_ISSUER is on and PATRON_HOSTS serves {', '.join(beyond)}: whoever gets there can be anyone. "
            "Set PATRON_DEV_ISSUER=0, or, for a demonstration with made-up data, PATRON_DEV_ISSUER_PUBLIC=1 as well."
        )


def _database(settings: ServiceSettings) -> Iterator[str]:
    roles = []
    addresses = {
        "PATRON_DATABASE_URL": settings.database_url,
        "PATRON_MIGRATION_DATABASE_URL": settings.migration_database_url,
    }
    for name, address in addresses.items():
        if address is None:
            continue
        try:
            url = make_url(address)
        except ArgumentError:
            yield f"{name} is no address of a database: postgresql://…@host/patron_<service>."
            return
        roles.append(url.username)
        elsewhere = {"passfile", "sslcert"} & url.query.keys() or any(name in os.environ for name in PASSWORD_ELSEWHERE)
        if url.host and not is_loopback(url.host) and not url.password and not elsewhere:
            yield (
                f"{name} has no password for {url.host}: give its role one "
                "(or a client certificate, ?sslcert=), and put it into the address or into PGPASSFILE."
            )
    if len(roles) > 1 and (None in roles or len(set(roles)) == 1):
        yield (
            "PATRON_MIGRATION_DATABASE_URL has to name another role than PATRON_DATABASE_URL, and both a role: who "
            "owns the tables may switch off what protects them. Name two roles, or leave it out."
        )


def _keys(settings: ServiceSettings) -> Iterator[str]:
    folder = settings.keys
    if not folder.is_dir():
        yield f"The folder of keys {folder} (PATRON_KEYS) is not there: `patron up` or make_secrets makes one."
        return
    services = sorted({*OWNERS.values(), settings.service})
    secrets = [f"{settings.service}.private.pem", *(f"{service}.public.pem" for service in services), BUS_KEYS]
    for name in secrets:
        if not os.access(folder / name, os.R_OK):
            yield f"{folder / name} is missing, or this process may not read it."
    yield from _open_folder(folder)
    for file in sorted([*folder.glob("*.pem"), folder / BUS_KEYS]):
        yield from _open_file(file)
    try:
        KeyRingFile(folder / BUS_KEYS).read()
    except BadKeyRing as error:
        yield f"{folder / BUS_KEYS} is no ring of bus keys: {error}."
    except OSError:
        return  # said above


def _open_folder(folder: Path) -> Iterator[str]:
    state = folder.stat()
    read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    if state.st_uid == os.geteuid() and state.st_mode & OTHERS and not read_only:
        yield f"The folder of keys {folder} is open to others: chmod 700 {folder}."
    elif state.st_mode & WRITE_OF_OTHERS and not read_only:
        yield f"Others may put keys of their own into {folder}: take that right from them (chmod go-w {folder})."


def _open_file(file: Path) -> Iterator[str]:
    try:
        state = file.stat()
    except OSError:
        return
    if state.st_mode & WRITE_OF_OTHERS:
        yield f"Others may replace {file}: chmod go-w {file}."
    elif (".private." in file.name or file.name == BUS_KEYS) and state.st_mode & _closed_bits(state):
        yield f"{file} can be read by others: chmod 600 {file}."


def _closed_bits(state: os.stat_result) -> int:
    """What has to be closed: everything, except that a file of another owner (a mounted secret) may be given to us by
    our group, as we could not read it otherwise."""
    given_by_group = state.st_uid != os.geteuid() and state.st_gid in {os.getegid(), *os.getgroups()}
    return OTHERS & ~stat.S_IRGRP if given_by_group else OTHERS
