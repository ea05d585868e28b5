"""The forms that the bench sends are what Twilio would send."""

from service.bench.callbacks import ACCOUNT, Signing
from service.bench.forms import requests
from service.twilio.inbound.messages import status
from service.twilio.inbound.parameters import Parameters
from service.twilio.signature import AuthToken, Proven, SignedRequest, verify

PATH = "/twilio/message-status"
SIGNING = Signing(f"https://hooks.example.com{PATH}", "t" * 32)


def proven(request: bytes) -> Proven:
    """Return the proof of a request as it stands on the wire."""
    head, _, body = request.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    said = SignedRequest(
        base_urls=("https://hooks.example.com",),
        path=head.decode().split(" ")[1],
        query="",
        content_type=fields["Content-Type"],
        body=body,
        signature=fields["X-Twilio-Signature"],
    )
    found = verify(said, (AuthToken(SIGNING.token, ACCOUNT),))
    assert isinstance(found, Proven)
    return found


def test_each_form_is_signed_and_another_event() -> None:
    """Or the receiver would be measured at refusing requests, and at recognising repeats."""
    found = [proven(request) for request in requests(3, SIGNING, f"http://127.0.0.1:8000{PATH}")]
    events = [status(Parameters(each.pairs), 0) for each in found]

    assert 3 == len({event.id for event in events})
    assert {"message.delivered"} == {event.kind for event in events}
