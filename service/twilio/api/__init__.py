"""The calls of Twilio's REST APIs that the service makes, over httpx.

Every client takes its HTTP client and its pace as arguments; nothing is retried that is not safe to repeat. What may be
called, and what an API key must be allowed, stands in docs/twilio-api.md.
"""

from service.twilio.api.access import ApiName, TwilioApis, credentials, http_client, twilio_apis
from service.twilio.api.classic import ClassicApi
from service.twilio.api.configurations import ConfigurationsApi
from service.twilio.api.conversations import ConversationsApi
from service.twilio.api.intelligence import IntelligenceApi
from service.twilio.api.memory import MemoryApi
from service.twilio.api.pace import Pace, Unpaced
from service.twilio.resources.communication import Communication
from service.twilio.resources.configuration import Configuration
from service.twilio.resources.conversation import Address, Conversation, NewParticipant, Participant

__all__ = [
    "Address",
    "ApiName",
    "ClassicApi",
    "Communication",
    "Configuration",
    "ConfigurationsApi",
    "Conversation",
    "ConversationsApi",
    "IntelligenceApi",
    "MemoryApi",
    "NewParticipant",
    "Pace",
    "Participant",
    "TwilioApis",
    "Unpaced",
    "credentials",
    "http_client",
    "twilio_apis",
]
