"""`python -m shared.chassis.server`."""

import sys

from shared.chassis.server.command import main

sys.exit(main())
