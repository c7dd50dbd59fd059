"""The installed gcloud, loaded once: every call of it runs in a fork of this process.  tests/gcloud.py starts it.

To load its modules takes gcloud half a second of the processor's time, which is most of a call.  The program `gcloud`
runs this file with the Python that it chooses, before gcloud.py, which is the last word of the command.  Standard input
is a socket that listens.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

# Most of what a call loads beside; each belongs to one version of gcloud, and a call loads what is not there.
_OFTEN = (
    "googlecloudsdk.api_lib.container.api_adapter",
    "googlecloudsdk.command_lib.storage.encryption_util",
    "googlecloudsdk.command_lib.storage.list_util",
    "googlecloudsdk.command_lib.tasks.parsers",
)


def main() -> None:
    program = sys.argv[-1]
    sys.path.insert(0, str(Path(program).parent))
    gcloud = importlib.import_module("gcloud")
    importlib.import_module("googlecloudsdk.gcloud_main")
    for often in _OFTEN:
        with contextlib.suppress(ImportError):
            importlib.import_module(often)
    gc.freeze()  # no fork copies what the others share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    listening, tests = socket.socket(fileno=os.dup(0)), os.getppid()
    listening.settimeout(5)
    while True:
        try:
            calling, _ = listening.accept()
        except TimeoutError:
            if os.getppid() != tests:  # they were killed
                return
            continue
        if os.fork() == 0:
            break
        calling.close()
    listening.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(calling, 1, 3)
    with calling.makefile() as sent:
        words, environment, folder = json.load(sent)
    if called := os.fork():
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(called, 0)
        calling.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    calling.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, *words]
    # What it has read of the settings of the process that loaded it.
    importlib.import_module("googlecloudsdk.core.configurations.named_configs").ActivePropertiesFile.Invalidate()
    importlib.import_module("googlecloudsdk.core.log").Reset()
    gcloud.main()


main()
