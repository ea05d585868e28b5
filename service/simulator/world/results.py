"""PURE. Conversation Intelligence: results of operators, kept for the REST API and told to the rule's webhook."""

from typing import Any

from service.events.times import from_milliseconds
from service.simulator.scenario import identifier
from service.simulator.world.birth import Birth
from service.simulator.world.bounded import trim
from service.simulator.world.callback import Outgoing

SENTIMENT = "intelligence_operator_01kcrvw16kfa88qvgrfmr7y151"
"""Twilio's own operator."""


class Results:
    """The account's operator results by id."""

    def __init__(self, birth: Birth, outgoing: Outgoing) -> None:
        self._birth, self._outgoing = birth, outgoing
        self.kept: dict[str, dict[str, Any]] = {}

    def classify(self, conversation: str, configuration: str, communication: str, label: str, at: int) -> None:
        """Add a classification of a communication, and tell of it."""
        seed = self._birth.seed
        name = identifier("intelligence_operatorresult_", seed, communication, label)
        rule = identifier("intelligence_configurationrule_", self._birth.account_id)
        linked = {"id": configuration, "displayName": "simulated", "version": 1, "ruleId": rule}
        trigger = {"on": "COMMUNICATION", "timestamp": from_milliseconds(at)}
        result = {
            "id": name,
            "operator": {"id": SENTIMENT, "displayName": "Sentiment", "version": 1, "parameters": None},
            "outputFormat": "CLASSIFICATION",
            "result": {"label": label},
            "dateCreated": from_milliseconds(at),
            "referenceIds": [communication],
            "executionDetails": {
                "trigger": trigger,
                "communications": {"first": communication, "last": communication},
            },
        }
        common = {"accountId": self._birth.account_id, "conversationId": conversation}
        self.kept[name] = {**common, "intelligenceConfiguration": linked, **result}
        told = {**common, "intelligenceConfiguration": linked, "operatorResults": [result]}
        self._outgoing.hook("/twilio/intelligence", "intelligence.result", told, name)
        trim(self.kept)
