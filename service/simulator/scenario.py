"""What happens in a simulated conversation: a script of steps, each some seconds after the beginning. Pure.

A seed stands for a conversation: the same seed gives the same ids and the same numbers.
"""

import base64
import hashlib
from typing import Literal

import msgspec

Kind = Literal[
    "CONVERSATION_CREATED", "CONVERSATION_UPDATED", "PARTICIPANT_ADDED", "COMMUNICATION_CREATED",
    "COMMUNICATION_UPDATED",
]  # fmt: skip

AGENT = "+12025550188"
_ID_LENGTH = 26
_SID_LENGTH = 32
_CUSTOMERS = 50
"""Numbers from +12025550100 on, which are kept free for fiction."""


class Step(msgspec.Struct, frozen=True):
    """At `after` seconds Twilio reports `kind`: `members` of the resource `resource_id` are new or have changed.

    Times and what all resources have (account, conversation) are filled in when the step is played.
    """

    after: float
    kind: Kind
    resource_id: str
    members: dict[str, object]


class Script(msgspec.Struct, frozen=True):
    """One conversation from its creation until it falls silent; closing it is up to whoever listens."""

    conversation_id: str
    steps: tuple[Step, ...]


class _Party(msgspec.Struct, frozen=True):
    id: str
    kind: str
    number: str

    def members(self) -> dict[str, object]:
        addresses = [{"channel": "SMS", "address": self.number}]
        return {"name": self.number, "type": self.kind, "profileId": None, "addresses": addresses}

    def as_author(self) -> dict[str, object]:
        return {"address": self.number, "channel": "SMS", "participantId": self.id}


def identifier(prefix: str, *seed: str) -> str:
    """Return an id as Twilio makes them: the prefix and 26 characters, the first of them 0 to 7."""
    text = base64.b32encode(_digest(*seed)).decode().lower()
    return f"{prefix}0{text[: _ID_LENGTH - 1]}"


def support_conversation(seed: str) -> Script:
    """Return an SMS conversation: a customer asks, an agent answers, the customer thanks, and both fall silent."""
    conversation = identifier("conv_conversation_", seed)
    customer = _Party(identifier("conv_participant_", seed, "customer"), "CUSTOMER", _customer_number(seed))
    agent = _Party(identifier("conv_participant_", seed, "agent"), "HUMAN_AGENT", AGENT)
    question, answer, thanks = (identifier("conv_communication_", seed, name) for name in "abc")
    sids = [f"SM{_digest(seed, 'sid', name).hex()[:_SID_LENGTH]}" for name in "abc"]
    return Script(
        conversation,
        (
            Step(0.0, "CONVERSATION_CREATED", conversation, {"status": "ACTIVE"}),
            Step(0.2, "PARTICIPANT_ADDED", customer.id, customer.members()),
            Step(0.4, "PARTICIPANT_ADDED", agent.id, agent.members()),
            Step(0.8, "COMMUNICATION_CREATED", question, _message(customer, agent, "Where is my order?", sids[0])),
            Step(1.6, "COMMUNICATION_CREATED", answer, _message(agent, customer, "It comes tomorrow.", sids[1])),
            Step(2.0, "COMMUNICATION_UPDATED", answer, {"recipients": _recipients(customer, "DELIVERED")}),
            Step(2.6, "COMMUNICATION_CREATED", thanks, _message(customer, agent, "Thank you!", sids[2])),
            Step(4.0, "CONVERSATION_UPDATED", conversation, {"status": "INACTIVE"}),
        ),
    )


def _digest(*seed: str) -> bytes:
    return hashlib.sha256("\x1f".join(seed).encode()).digest()


def _customer_number(seed: str) -> str:
    return f"+120255501{_digest(seed, 'number')[0] % _CUSTOMERS:02}"


def _message(author: _Party, recipient: _Party, text: str, sid: str) -> dict[str, object]:
    return {
        "author": author.as_author(),
        "content": {"type": "TEXT", "text": text},
        "recipients": _recipients(recipient, "INITIATED"),
        "channelId": sid,
        "resourceId": sid,
    }


def _recipients(recipient: _Party, delivery_status: str) -> list[dict[str, object]]:
    return [{**recipient.as_author(), "deliveryStatus": delivery_status}]
