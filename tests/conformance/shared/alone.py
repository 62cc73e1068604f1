"""Runs a command with a local workspace of its own.

    alone.py COUNTERSIGN COMMAND…
"""

import os
import subprocess
import sys

from sandbox import Sandbox

with Sandbox(sys.argv[1]) as sandbox:
    environment = {**os.environ, **sandbox.environment(), "SANDBOX_PAGE": sandbox.connection["page"]}
    status = subprocess.run(sys.argv[2:], env=environment).returncode
sys.exit(status)
