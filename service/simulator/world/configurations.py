"""PURE. Configurations: changed by operations, pinned to a conversation when it begins."""

import re

import msgspec
from msgspec import UNSET

from service.events.times import from_milliseconds
from service.simulator.call import Resource, bad_request, conflict, not_found
from service.simulator.scenario import AGENT, identifier
from service.simulator.wanted import ChangedConfiguration, NewConfiguration, ReplacedConfiguration
from service.simulator.world.birth import Birth
from service.simulator.world.operations import Operations

CHANNELS = ("SMS", "WHATSAPP", "RCS", "VOICE")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_READ_ONLY = ("id", "createdAt", "updatedAt", "version")


class Begun(msgspec.Struct, frozen=True):
    """What a 202 says: the operation, and the configuration that it is about."""

    operation: str
    configuration: str


class Configurations:
    """The account's configurations by id, one of them there from the beginning."""

    def __init__(self, birth: Birth, default_store: str, at: int) -> None:
        self._birth = birth
        self.operations = Operations(birth, "conversations")
        self._kept: dict[str, Resource] = {}
        self._begun: dict[str, Begun] = {}
        self._count = 0
        self.default = identifier("conv_configuration_", birth.account_id)
        self._put(self.default, _default(birth, default_store), at)

    def items(self) -> list[tuple[str, Resource]]:
        """Return all, by id."""
        return list(self._kept.items())

    def fetch(self, name: str) -> Resource:
        """Return a configuration. Raises RefusedError (404)."""
        if name not in self._kept:
            raise not_found(name)
        return self._kept[name]

    def snapshot(self, name: str) -> Resource:
        """Return what a conversation keeps of a configuration. Raises RefusedError (404)."""
        found = self.fetch(name)
        kept = {key: value for key, value in found.items() if key not in _READ_ONLY}
        return {**kept, "statusCallbacks": list(found["statusCallbacks"])}

    def create(self, wanted: NewConfiguration, key: str | None, at: int) -> Begun:
        """Begin to make a configuration. Raises RefusedError."""
        if (earlier := self._repeated(key)) is not None:
            return earlier
        body = msgspec.to_builtins(wanted)
        self._bridge_is_free(body, None)
        self._count += 1
        name = identifier("conv_configuration_", self._birth.seed, str(self._count))
        return self._begin(name, key, at, body)

    def replace(self, name: str, wanted: ReplacedConfiguration, key: str | None, at: int) -> Begun:
        """Begin to put another in its place. Raises RefusedError."""
        if (earlier := self._repeated(key)) is not None:
            return earlier
        body = {"displayName": self.fetch(name)["displayName"], **msgspec.to_builtins(wanted)}
        return self._change(name, body, key, at)

    def change(self, name: str, wanted: ChangedConfiguration, key: str | None, at: int) -> Begun:
        """Begin to change it: a channel that is given is replaced, one that is null goes. Raises RefusedError."""
        if (earlier := self._repeated(key)) is not None:
            return earlier
        found = self.fetch(name)
        body = {**self.snapshot(name), **msgspec.to_builtins(wanted)}
        if wanted.channel_settings is not UNSET:
            channels = {**found["channelSettings"], **body["channelSettings"]}
            body["channelSettings"] = {channel: each for channel, each in channels.items() if each is not None}
        return self._change(name, body, key, at)

    def delete(self, name: str, key: str | None, at: int) -> Begun:
        """Begin to remove it. Raises RefusedError."""
        if (earlier := self._repeated(key)) is not None:
            return earlier
        self.fetch(name)
        return self._begin(name, key, at, None)

    def _change(self, name: str, body: Resource, key: str | None, at: int) -> Begun:
        if body["conversationGroupingType"] != self.fetch(name)["conversationGroupingType"]:
            raise bad_request("conversationGroupingType cannot be changed")
        self._bridge_is_free(body, name)
        return self._begin(name, key, at, body)

    def _begin(self, name: str, key: str | None, at: int, body: Resource | None) -> Begun:
        def finish(due: int) -> None:
            if body is None:
                self._kept.pop(name, None)
            else:
                self._put(name, body, due)

        begun = Begun(self.operations.begin({"configurationId": name}, at, finish), name)
        if key is not None:
            self._begun[key] = begun
        return begun

    def _put(self, name: str, body: Resource, at: int) -> None:
        old = self._kept.get(name, {"createdAt": from_milliseconds(at), "version": 0})
        now = {"createdAt": old["createdAt"], "updatedAt": from_milliseconds(at), "version": old["version"] + 1}
        self._kept[name] = {"id": name, **body, **now}

    def _repeated(self, key: str | None) -> Begun | None:
        if key is None:
            return None
        if not _UUID.fullmatch(key):
            raise bad_request("Idempotency-Key must be a UUID")
        return self._begun.get(key)

    def _bridge_is_free(self, body: Resource, own: str | None) -> None:
        bridge = body.get("conversationsV1Bridge")
        for name, each in self._kept.items():
            if bridge and name != own and each.get("conversationsV1Bridge") == bridge:
                raise conflict("Another configuration bridges this service", name)


def timeouts(configuration: Resource, channel: str) -> tuple[int | None, int | None]:
    """Return the minutes after which a conversation becomes inactive, and is closed; None: never."""
    found = (configuration["channelSettings"].get(channel) or {}).get("statusTimeouts") or {}
    return found.get("inactive"), found.get("closed")


def _default(birth: Birth, store: str) -> Resource:
    wait = {"inactive": birth.inactive, "closed": birth.closed}
    rules = [{"from": "*", "to": AGENT, "metadata": {}}, {"from": AGENT, "to": "*", "metadata": {}}]
    settings = {channel: {"statusTimeouts": wait, "captureRules": rules} for channel in CHANNELS}
    callbacks = [{"url": birth.orchestrator, "method": "POST"}] if birth.orchestrator else []
    return {
        "displayName": "simulated",
        "description": "Made by the simulator",
        "conversationGroupingType": "GROUP_BY_PROFILE",
        "memoryStoreId": store,
        "channelSettings": settings,
        "statusCallbacks": callbacks,
        "intelligenceConfigurationIds": [identifier("intelligence_configuration_", birth.account_id)],
        "memoryExtractionEnabled": True,
        "conversationsV1Bridge": None,
    }
