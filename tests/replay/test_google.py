"""`mando replay --project` asks Google with the user's credentials: at its host, to which a proxy of ours leads."""

import datetime
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.replay.service import IDS, Service, execution, serving
from tests.servers import ROOT

HOST = "workflowexecutions.googleapis.com"


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_of_google(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def service_account() -> str:
    """A credentials file as Google gives them; its key signs what the client sends."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "far",
            "private_key_id": "1",
            "private_key": pem(key).decode(),
            "client_email": "me@far.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "http://127.0.0.1:1/token",
        }
    )


class Proxy:
    """Takes CONNECT for any host and leads to one port of this machine; asked are the lines that asked for it."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.asked.append(head.partition(b"\r\n")[0].decode())
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._lead, args=(source, target), daemon=True).start()

    def _lead(self, source: socket.socket, target: socket.socket) -> None:
        with source, target:
            try:
                while content := source.recv(65536):
                    target.sendall(content)
            except OSError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def google(service: Service, tmp_path: Path) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """The proxy, and the environment in which a client believes that Google is behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certificate_of_google(key)
    (tmp_path / "roots.pem").write_bytes(certificate)
    (tmp_path / "me.json").write_text(service_account())
    with serving(service, grpc.ssl_server_credentials([(pem(key), certificate)])) as port:
        proxy = Proxy(port)
        environment = {
            "https_proxy": proxy.url,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(tmp_path / "roots.pem"),
            "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "me.json"),
        }
        yield proxy, environment
        proxy.close()


def replayed(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "replay", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_project_is_asked_at_google_with_the_users_credentials(
    service: Service, google: tuple[Proxy, dict[str, str]]
) -> None:
    proxy, environment = google
    service.listed = [[execution(1, argument="1")]]
    done = replayed(environment, "--failed", "--project", "far", "--location", "europe-west1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{IDS[1]} as {IDS[9]}: SUCCEEDED", "1 replayed, 1 SUCCEEDED"]
    assert f"CONNECT {HOST}:443" in {line.rpartition(" ")[0] for line in proxy.asked}
    assert [query.parent for query in service.queries] == ["projects/far/locations/europe-west1/workflows/mando"]
    assert service.metadata["authorization"].startswith("Bearer ey")


@pytest.mark.parametrize(
    ("credentials", "said"), [(None, "was not found"), ("{}", "does not have a valid type"), ("no JSON", "not a valid")]
)
def test_without_credentials_one_line_says_what_to_do(credentials: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "me.json"
    if credentials is not None:
        file.write_text(credentials)
    done = replayed({"GOOGLE_APPLICATION_CREDENTIALS": str(file)}, "--failed", "--project", "far")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
    assert done.stderr.endswith("; run `gcloud auth application-default login`\n")


def test_a_host_that_is_not_googles_is_told_in_one_line(google: tuple[Proxy, dict[str, str]]) -> None:
    environment = {name: value for name, value in google[1].items() if name != "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"}
    done = replayed(environment, "--failed", "--project", "far")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith(f"mando replay: cannot reach {HOST}: ")
    assert done.stderr.endswith("; is the network up?\n")
