"""The whole system from pip packages on one machine: Postgres, the broker, five services, no Docker."""

from deploy.embedded.broker import EmbeddedBroker
from deploy.embedded.failures import StartFailed
from deploy.embedded.postgres import EmbeddedPostgres
from deploy.embedded.scratch import scratch_data_dir
from deploy.embedded.system import System

__all__ = ["EmbeddedBroker", "EmbeddedPostgres", "StartFailed", "System", "scratch_data_dir"]
