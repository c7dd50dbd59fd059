"""Stands in PATH for the program gcloud: hands a call to the process that has loaded it, and ends as it ends."""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as calling:
    calling.connect(sys.argv[1])
    socket.send_fds(calling, [b"."], [0, 1, 2])
    calling.sendall(json.dumps((sys.argv[2:], dict(os.environ), os.getcwd())).encode())  # noqa: PTH109 -- pathlib would take half of the call
    calling.shutdown(socket.SHUT_WR)
    status = int(calling.recv(8) or 1)
sys.exit(status)
