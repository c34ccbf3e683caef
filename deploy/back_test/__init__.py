"""What `patron back-test` does: warning rules tried on a real year of purchases, or on a system's own history."""

from deploy.back_test.command import run

__all__ = ["run"]
