"""Who may do what on the cluster, from the services' own tables of contents: a user a service, by the service's name.

Each writes its own topic and nobody else's, reads the topics it subscribes to, and keeps its offsets in its own group.
Whoever sets a cluster up takes the rights from here: compose, `make test-kafka`, and an operator.

    python -m deploy.kafka.acls            prints them as commands of Apache Kafka's kafka-acls
    python -m deploy.kafka.acls --apply    makes topics and rights on the cluster that PATRON_KAFKA… name
"""

import asyncio
import sys
from collections.abc import Iterator
from importlib import import_module

from deploy.embedded.service import SERVICES, module_of
from shared.chassis.settings import ServiceSettings
from shared.events import OWNERS
from shared.messaging.broker import kafka_admin
from shared.messaging.broker.kafka_admin import Grant
from shared.messaging.broker.kafka_log import condense_client_log

OPERATOR = "operator"  # the user that makes topics and rights: one of the cluster's super users


def topics_read_by(service: str) -> frozenset[str]:
    """The topics that a service subscribes to."""
    package = module_of(service).partition(".app")[0]
    return frozenset(import_module(f"{package}.subscriptions").subscriptions.topics)


def grants() -> Iterator[Grant]:
    """All rights that the services need, and no more. (To read or write is to be told what is there as well.)"""
    for service in SERVICES:
        for topic, owner in OWNERS.items():
            if owner == service:
                yield Grant(service, "write", "topic", topic)
        for topic in sorted(topics_read_by(service)):
            yield Grant(service, "read", "topic", topic)
        yield Grant(service, "read", "group", f"patron.{service}")


def as_command(grant: Grant) -> str:
    """The same for Apache Kafka's own program; connection and credentials go before it."""
    return (
        f"kafka-acls --add --allow-principal User:{grant.user} --operation {grant.operation.capitalize()} "
        f"--{grant.resource} {grant.name}"
    )


async def apply(settings: ServiceSettings) -> None:
    """Make the topics that are missing, and give the rights, as the user in the settings. Repeating it is harmless."""
    condense_client_log()
    options = {"bootstrap_servers": settings.kafka} | settings.kafka_access.options()
    await kafka_admin.ensure_topics(options, OWNERS, settings.kafka_partitions, settings.kafka_replicas)
    await kafka_admin.grant(options, grants())


def main(arguments: list[str]) -> None:
    if arguments == ["--apply"]:
        # it has no database; the settings are those of every service
        asyncio.run(apply(ServiceSettings(service=OPERATOR, database_url="postgresql://none")))
        print("The topics are there, and every service may do what it needs with them.")
    elif arguments:
        raise SystemExit(f"{' '.join(arguments)}? Only --apply is known.")
    else:
        print("\n".join(as_command(grant) for grant in grants()))


if __name__ == "__main__":
    main(sys.argv[1:])
