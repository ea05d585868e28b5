"""The forms that are sent: signed status callbacks of messages, built whole before any clock starts.

Law of the room: pure.
"""

from urllib.parse import urlencode, urlsplit

from service.bench.callbacks import ACCOUNT, Signing
from service.twilio.signature import sign


def requests(number: int, signing: Signing, target: str) -> list[bytes]:
    """Return so many HTTP requests, each about another message, ready to be written to a connection with `target`."""
    return [_request(each, signing, target) for each in range(number)]


def _request(number: int, signing: Signing, target: str) -> bytes:
    sid = f"SM{number:032}"
    pairs = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "MessageStatus": "delivered",
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": "+12025550188",
        "To": f"+1202{number % 10_000_000:07}",
        "RawDlrDoneDate": "2611201405",
    }
    body = urlencode(pairs).encode()
    to = urlsplit(target)
    return (
        f"POST {to.path} HTTP/1.1\r\n"
        f"Host: {to.netloc}\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {sign(signing.token, signing.public_url, pairs.items())}\r\n"
        f"I-Twilio-Idempotency-Token: bench-{number}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
