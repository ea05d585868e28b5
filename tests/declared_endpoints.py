"""A file of two endpoints, and what has become of them."""

import base64

from service.endpoints.endpoint import Endpoint
from service.store import endpoints
from tests.history import History

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
TWO = """
[[endpoint]]
name = "crm"
url = "https://8.8.8.8/crm"
types = ["conversation.*"]
headers = { X-Api-Key = "0123" }
secret_env = "CRM_SECRET"

[[endpoint]]
name = "archive"
url = "https://8.8.8.8/archive"
"""
ARCHIVE = TWO[TWO.index('[[endpoint]]\nname = "archive"') :]
CRM = TWO.removesuffix(ARCHIVE)


def there(history: History) -> dict[str, Endpoint]:
    """Return the endpoints by name."""
    known = history.does(lambda redis: endpoints.listing(redis, history.keys))
    return {endpoint.name: endpoint for endpoint in known.endpoints.values()}
