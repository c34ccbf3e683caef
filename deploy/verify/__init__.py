"""`patron verify`: what must hold across the five databases.

SQL returns the rows that break it; what tiering decided is worked out anew from its facts as well.
"""

from deploy.verify.check import verify
from deploy.verify.command import run
from deploy.verify.report import Report, Result

__all__ = ["Report", "Result", "run", "verify"]
