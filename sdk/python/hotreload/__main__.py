"""Runs one worker on file descriptor 3: `python3 -I -B SDK_DIR/hotreload/__main__.py`.

The host forks workers from the nursery instead; this way in is for tests and for workers started
by hand.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hotreload.worker import main  # noqa: E402  the path above comes first

try:
    os.fstat(3)
except OSError:
    sys.exit("A worker is started by its host, with a connected socket as file descriptor 3.")
main()
