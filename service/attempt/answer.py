"""PURE. What came back from a subscriber: values, never exceptions."""

import msgspec


class Answered(msgspec.Struct, frozen=True):
    """The subscriber answered with a status; `retry_after` and `control` are its headers, as sent.

    `control` is `webhook-delivery`. `body` is the beginning of its answer as text, None where it may not be shown.
    """

    status: int
    retry_after: str | None = None
    control: str | None = None
    body: str | None = None


class Failed(msgspec.Struct, frozen=True):
    """No answer came; `error` is a short constant word, `timeout` among them."""

    error: str


Answer = Answered | Failed
