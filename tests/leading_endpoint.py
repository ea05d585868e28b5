"""An endpoint that leads to a subscriber of the tests, over plain http to the loopback, and what makes it."""

from service.endpoints.addresses import networks
from service.endpoints.endpoint import Endpoint, NewEndpoint
from service.registration import Egress, register
from service.store.secrets import Sealer
from tests.history import SECRET_KEY, History

LOOPBACK = Egress(allow_http=True, allowed=networks(["127.0.0.0/8"]))


def leading(history: History, new: NewEndpoint) -> tuple[Endpoint, str]:
    """Make an endpoint and return it with its secret."""
    return history.does(lambda redis: register(redis, history.keys, Sealer(SECRET_KEY), LOOPBACK, new))
