"""The service: wires the rooms together.

Rooms lie beside this package in a checkout and below it (`_rooms/`) in an installed wheel.
Whichever exists goes to the front of `sys.path`, so `import mail` means ours everywhere
(docs/decisions/0004-packaging-map.md).
"""

import sys
from pathlib import Path

_here = Path(__file__).resolve().parent
_rooms = _here / "_rooms"
_path = str(_rooms if _rooms.is_dir() else _here.parent)
if not sys.path or sys.path[0] != _path:
    sys.path.insert(0, _path)
