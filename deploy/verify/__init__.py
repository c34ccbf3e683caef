"""`patron verify`: what must hold across the five databases; SQL returns the rows that break it."""

from deploy.verify.check import verify
from deploy.verify.command import run
from deploy.verify.report import Report, Result

__all__ = ["Report", "Result", "run", "verify"]
