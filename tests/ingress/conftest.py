from collections.abc import Iterator

import pytest

from tests.ingress.function import RecordingQueue, an_ingress
from tests.servers import serving


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(RecordingQueue) as queue_url:
        process, address = an_ingress(queue_url)
        with process:
            yield address
