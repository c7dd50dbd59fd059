from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from cli.env import gcloud_environment
from local.storage.objects import ObjectStore
from local.storage.rest import routes
from tests.deploy.google import Google
from tests.gcloud import require_gcloud
from tests.storage.serving import serving_app


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """An empty project of a Google of this machine, which gcloud and `mando register` now talk to."""
    require_gcloud()
    store = ObjectStore(tmp_path / "storage")
    store.buckets.ensure("staging.demo.appspot.com")  # App Engine makes it together with the app
    stand_in = Google()
    app = web.Application()
    app.add_routes(stand_in.routes())
    app.add_routes(routes(store))
    with serving_app(app) as base_url:
        for name, value in gcloud_environment(base_url, tmp_path / "config").items():
            monkeypatch.setenv(name, value)
        # gcloud puts the region before the host of Cloud Run; a proxy makes such a name lead here.
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN", "http://run.test/")
        monkeypatch.setenv("http_proxy", base_url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("DISCORD_API", f"{base_url}/api/v10")
        monkeypatch.setenv("DISCORD_BOT_TOKEN", "the-bots-token")
        stand_in.buckets = store.buckets
        yield stand_in
    store.close()
