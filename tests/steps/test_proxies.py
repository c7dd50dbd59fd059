"""A session knows the environment's proxies and certificates, which it reads once."""

from pathlib import Path

import pytest
import requests

from steps import connections
from steps.connections import keep_connections
from tests.steps.scripted import scripted


def a_session() -> requests.Session:
    connections._proxies.cache_clear()
    session = requests.Session()
    keep_connections(session, 2)
    return session


@pytest.mark.parametrize(("no_proxy", "path"), [("", "http://mando.example/a?b=c"), ("mando.example", None)])
def test_a_call_goes_through_the_environments_proxy_unless_it_is_for_no_proxy(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, path: str | None
) -> None:
    """mando.example does not exist: without a proxy the call fails."""
    with scripted() as proxy:
        proxy.reset()
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", no_proxy)
        session = a_session()
        if path is None:
            with pytest.raises(requests.ConnectionError):
                session.get("http://mando.example/a?b=c", timeout=30)
        else:
            session.get("http://mando.example/a?b=c", timeout=30)
        assert [one.path for one in proxy.asked] == ([] if path is None else [path])
    connections._proxies.cache_clear()


def test_a_netrc_adds_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted() as server:
        server.reset()
        a_session().get(server.url, timeout=30)
    assert "Authorization" not in server.asked[0].headers


def test_the_certificates_are_those_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    for name, found in (("", True), ("/certificates.pem", "/certificates.pem")):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", name)
        assert a_session().verify == found
