"""A process that creates, replaces, copies and deletes objects until it is killed.  Started by test_kill.py.

Every content begins with the name of its object and goes on as its second line says, so that a whole one can be told.
"""

import random
import sys
from pathlib import Path

from local.storage.objects import ObjectStore
from local.storage.resource import Settings


def main() -> None:
    root, seed = Path(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    store = ObjectStore(root)
    store.buckets.ensure("pictures")
    while True:
        name = f"picture {chance.randrange(12)}"
        present = store.find("pictures", name)
        act = chance.random()
        if present is not None and act < 0.2:
            store.delete("pictures", name)
        elif present is not None and act < 0.3:
            store.copy(present, "pictures", name, Settings())
        else:
            incoming = store.receive()
            length = chance.randrange(200_000)
            incoming.write_bytes(f"{name}\n{length}\n".encode() + b"." * length)
            store.create("pictures", name, Settings(), incoming)
        sys.stdout.write(".")
        sys.stdout.flush()


main()
