"""What is said of an endpoint holds for each delivery: its rate, its headers, its secrets old and new."""

import base64
import json
import time
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook, WebhookVerificationError

from service.endpoints.endpoint import Retired
from service.endpoints.secret import encode
from service.store.secrets import Sealer
from tests.eventually import eventually
from tests.relay_case import RelayCase
from tests.routed_deliveries import SECRET, SECRET_KEY
from tests.scripted_subscriber import Arrival
from tests.twilio_callbacks import communication

OLD, OLDER = bytes(range(32, 64)), bytes(range(64, 96))
FIELD = "x-api-key"


def sealed(raw: bytes) -> str:
    """Return bytes as an endpoint's record holds them."""
    return Sealer(SECRET_KEY).seal(raw)


def signatures(arrival: Arrival) -> list[str]:
    """Return the signatures of a delivery."""
    return arrival.headers["webhook-signature"].split(" ")


def proves(arrival: Arrival, secret: bytes) -> bool:
    """Return whether a subscriber with this secret takes a delivery for genuine, by its own library."""
    try:
        Webhook(encode(secret)).verify(arrival.body, dict(arrival.headers))
    except WebhookVerificationError:
        return False
    return True


@dataclass(frozen=True)
class Pace:
    """How a limited endpoint was served: the most arrivals beyond a steady pace at any time, and the time of all."""

    ahead: float
    seconds: float


def pace(arrivals: list[Arrival], rate: float) -> Pace:
    """Return how arrivals keep to a rate a second."""
    first = arrivals[0].at
    ahead = max(number - rate * (arrival.at - first) for number, arrival in enumerate(arrivals, start=1))
    return Pace(ahead, arrivals[-1].at - first)


@pytest.mark.parametrize(("rate", "number"), [(20.0, 70), (0.5, 2)])
def test_a_rate_limit_holds_whatever_the_number_of_relays(case: RelayCase, rate: float, number: int) -> None:
    """A second's worth at once, the rest as time goes by; the endpoint beside it is not held up."""
    case.add("ep_a", "/a", rate_limit=rate)
    case.add("ep_b", "/b")
    with case.relay("relay-a"), case.relay("relay-b"):
        case.append(*(communication(n) for n in range(number)))
        free = case.subscriber.expect(number, "/b")
        limited = case.subscriber.expect(number, "/a", 10)
    kept = pace(limited, rate)

    # Requests that left in turn may arrive a little closer together.
    assert max(1, rate) + 1 >= kept.ahead - 0.02 * rate
    assert (number - max(1, rate)) / rate - 0.1 <= kept.seconds <= (number - max(1, rate)) / rate + 1.5
    assert free[-1].at < limited[-1].at


def test_a_rate_limit_that_is_lifted(case: RelayCase) -> None:
    """What has gathered comes as fast as it is taken."""
    case.add("ep_a", "/a", rate_limit=0.01)
    with case.relay():
        case.append(*(communication(n) for n in range(30)))
        case.subscriber.expect(1, "/a")
        eventually(lambda: case.queued("ep_a") == 29)
        case.change("ep_a", rate_limit=None)
        case.subscriber.expect(30, "/a")

    assert set(range(1, 31)) == case.subscriber.sequences("/a")


def test_headers_of_its_own(case: RelayCase) -> None:
    """They are sent with each delivery, changed ones from then on; those of the protocol stand."""
    case.add("ep_a", "/a", sealed_headers=sealed(json.dumps({FIELD: "first", "Webhook-Id": "mine"}).encode()))
    with case.relay():
        (event,) = case.append(communication(1))
        (first,) = case.subscriber.expect(1, "/a")
        case.change("ep_a", sealed_headers=sealed(json.dumps({FIELD: "second"}).encode()))
        case.append(communication(2))
        _, second = case.subscriber.expect(2, "/a")

    assert ["first", "second"] == [each.headers[FIELD] for each in (first, second)]
    assert event.id == first.headers["webhook-id"]
    assert proves(first, SECRET)


def test_a_secret_that_was_replaced_signs_until_its_time_is_over(case: RelayCase) -> None:
    """Beside its successor, each verified by its own; when its time is over it signs no more, and no relay is told."""
    now = int(time.time() * 1000)
    retired = (Retired(sealed(OLD), "v1", now + 2500), Retired(sealed(OLDER), "v1", now - 1))
    case.add("ep_a", "/a", retired=retired)
    with case.relay():
        case.append(communication(1))
        (during,) = case.subscriber.expect(1, "/a")
        eventually(lambda: time.time() * 1000 > now + 2500)
        case.append(communication(2))
        _, after = case.subscriber.expect(2, "/a")

    assert [2, 1] == [len(signatures(each)) for each in (during, after)]
    assert [(True, True, False), (True, False, False)] == [
        tuple(proves(each, secret) for secret in (SECRET, OLD, OLDER)) for each in (during, after)
    ]


def test_an_endpoint_with_a_key_pair(case: RelayCase) -> None:
    """Its deliveries have a signature that the public key verifies, beside that of the secret it had before."""
    now = int(time.time() * 1000)
    case.add("ep_a", "/a", scheme="v1a", retired=(Retired(sealed(OLD), "v1", now + 60_000),))
    with case.relay():
        case.append(communication(1))
        (arrival,) = case.subscriber.expect(1, "/a")
    content = b".".join(
        (arrival.headers["webhook-id"].encode(), arrival.headers["webhook-timestamp"].encode(), arrival.body)
    )
    expected = Ed25519PrivateKey.from_private_bytes(SECRET).sign(content)
    new, old = signatures(arrival)

    assert ("v1a", "v1") == (new.partition(",")[0], old.partition(",")[0])
    assert expected == base64.b64decode(new.partition(",")[2])
    assert proves(arrival, OLD)


@pytest.mark.parametrize("forgotten", ["the event", "the event and its attempts"])
def test_the_dead_have_what_they_need(case: RelayCase, forgotten: str) -> None:
    """A dead delivery is sent again from its own copy, as the next attempt, when the log has long lost its event."""
    case.add("ep_a", "/a", ["communication.*"])
    case.subscriber.answers.append((500, {"webhook-delivery": "abort-message"}))
    with case.relay("relay-a"):
        (event,) = case.append(communication(1))
        (first,) = case.subscriber.expect(1, "/a")
        eventually(lambda: case.state(event, "ep_a") == "dead")
    case.redis.xtrim(case.keys.events, maxlen=0, approximate=False)
    if forgotten == "the event and its attempts":
        case.redis.delete(case.keys.event_deliveries(event.id))
    with case.relay("relay-b"):
        number = case.redeliver("ep_a", event)
        _, second = case.subscriber.expect(2, "/a")
        eventually(lambda: case.state(event, "ep_a") == "delivered")

    assert (1, first.body, 2) == (number, second.body, second.attempt)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert {} == case.dead(event, "ep_a")


def test_a_dead_delivery_that_dies_again(case: RelayCase) -> None:
    """It keeps its copy, and has ten attempts more each time."""
    case.add("ep_a", "/a", ["communication.*"])
    case.subscriber.always["/a"] = (500, {"webhook-delivery": "abort-message"})
    with case.relay("relay-a"):
        (event,) = case.append(communication(1))
        eventually(lambda: case.state(event, "ep_a") == "dead")
    case.redis.xtrim(case.keys.events, maxlen=0, approximate=False)
    body = case.dead(event, "ep_a")["body"]
    case.subscriber.always["/a"] = 500
    with case.relay("relay-b"):
        case.redeliver("ep_a", event)
        for number in range(2, 12):
            case.subscriber.expect(number, "/a")
            eventually(lambda: case.retries() == 1 or case.dead(event, "ep_a").get("attempts") == 11)
            # Failures in a row pause it; that is not what this is about.
            case.redis.delete(case.keys.paused)
            case.hurry()
        eventually(lambda: case.state(event, "ep_a") == "dead")
    dead = case.dead(event, "ep_a")

    assert (11, body) == (dead["attempts"], dead["body"])
    assert list(range(1, 12)) == [arrival.attempt for arrival in case.subscriber.at("/a")]
