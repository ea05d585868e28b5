"""PURE. The whole of the simulated account, and how a script's actions change it."""

from service.simulator.call import Resource
from service.simulator.faults import Faults
from service.simulator.scenario import (
    AGENT,
    Action,
    Call,
    Close,
    Deliver,
    EndRelay,
    Join,
    Judge,
    Leave,
    Merge,
    Role,
    Say,
    Script,
    identifier,
)
from service.simulator.world.birth import Birth
from service.simulator.world.bounded import trim
from service.simulator.world.callback import Outgoing
from service.simulator.world.classic import Classic
from service.simulator.world.configurations import Configurations
from service.simulator.world.conversations import Conversations, Kept
from service.simulator.world.memory import Memory
from service.simulator.world.results import Results

_TYPES = {"customer": "CUSTOMER", "agent": "HUMAN_AGENT", "ai": "AI_AGENT", "human": "HUMAN_AGENT"}
_PERSON = "client:agent-7"
"""Where the person is reached to whom a call is handed over."""
_LISTENERS: tuple[Role, ...] = ("human", "ai")
_DELIVERY = {"sent": "IN_PROGRESS", "delivered": "DELIVERED", "read": "READ", "undelivered": "FAILED"}


class World:
    """One account. `faults` may be changed from outside."""

    def __init__(self, birth: Birth, at: int) -> None:
        self.birth, self.faults = birth, Faults()
        self.outgoing = Outgoing(birth)
        self.memory = Memory(birth, at)
        self.configurations = Configurations(birth, self.memory.default, at)
        self.conversations = Conversations(birth, self.outgoing, self._extract)
        self.classic = Classic(birth, self.outgoing)
        self.results = Results(birth, self.outgoing)
        self._begun: dict[str, int] = {}
        self._of_script: dict[str, str] = {}

    def tick(self, at: int) -> None:
        """Let happen what is due: timers and operations."""
        self.conversations.tick(at)
        self.configurations.operations.tick(at)
        self.memory.operations.tick(at)

    def act(self, script: Script, action: Action, at: int, due: int | None = None) -> None:
        """Let an action of a script happen at a time (ms); `due` is the time that it was planned for."""
        match action:
            case Say():
                self._say(script, action, at, at if due is None else due)
            case Call():
                self.classic.call(action, script.customer, at)
            case EndRelay():
                self.classic.end_relay(action, script.customer)
            case Deliver():
                self._deliver(script, action, at)
            case _:
                self._change(script, action, at)

    def conversation_of(self, script: Script) -> Kept | None:
        """Return the conversation that a script's traffic went to last, or None."""
        return self.conversations.kept.get(self._of_script.get(script.seed, ""))

    def _say(self, script: Script, what: Say, at: int, due: int) -> None:
        kept = self._conversation(script, what.channel, at)
        customer = self._participant(kept, script, "customer", what.channel, at)
        role = self._listener(kept, what.channel) if what.role == "customer" else what.role
        other = self._participant(kept, script, role, what.channel, at)
        author, recipient = (customer, other) if what.role == "customer" else (other, customer)
        spoken = what.channel == "VOICE"
        members: Resource = {
            "author": _party(author, what.channel),
            "content": _content(what, inbound=what.role == "customer"),
            "recipients": [_party(recipient, what.channel, None if spoken else "INITIATED")],
            "channelId": what.channel_id,
            "resourceId": what.resource_id,
        }
        self.conversations.say(kept, members, at, due)
        if not spoken:
            sender, to = members["author"]["address"], members["recipients"][0]["address"]
            self.classic.write(what.channel_id, sender, to, what.text, at)

    def _listener(self, kept: Kept, channel: str) -> Role:
        """Return who of the business is on a channel: a person before a machine, and the bare number if nobody is."""
        for role in _LISTENERS:
            found = kept.participants.get(_participant_id(self.birth, kept, role))
            if found is not None and any(each["channel"] == channel for each in found["addresses"]):
                return role
        return "agent"

    def _deliver(self, script: Script, what: Deliver, at: int) -> None:
        self.classic.deliver(what, at)
        kept = self.conversation_of(script)
        found = [
            each for each in (kept.communications if kept else {}).values() if each.get("channelId") == what.message_sid
        ]
        if kept is not None and found:
            recipients = [{**each, "deliveryStatus": _DELIVERY[what.status]} for each in found[0]["recipients"]]
            self.conversations.amend(kept, found[0]["id"], {"recipients": recipients}, at)

    def _change(self, script: Script, action: Action, at: int) -> None:
        kept = self.conversation_of(script)
        if kept is None or kept.status == "CLOSED":
            return
        match action:
            case Join():
                self._participant(kept, script, action.role, action.channel, at)
            case Leave():
                name = _participant_id(self.birth, kept, action.role)
                if name in kept.participants:
                    self.conversations.leave(kept, name, at)
            case Close():
                self.conversations.turn(kept, "CLOSED", at, "scenario")
            case Merge():
                self._merge(kept, script, at)
            case Judge():
                linked = kept.resource["configuration"]["intelligenceConfigurationIds"]
                if linked and kept.communications:
                    self.results.classify(kept.id, linked[0], list(kept.communications)[-1], action.label, at)

    def _merge(self, kept: Kept, script: Script, at: int) -> None:
        store = kept.resource["configuration"]["memoryStoreId"]
        for name in self.memory.lookup(store, "phone", script.customer):
            self.memory.merge(store, name, at)

    def _conversation(self, script: Script, channel: str, at: int) -> Kept:
        """Return the open conversation that traffic belongs to, begun where there is none."""
        name = self.configurations.default
        configuration = self.configurations.snapshot(name)
        group = _group(configuration["conversationGroupingType"], script.customer, channel)
        kept = self.conversations.kept.get(self.conversations.open.get(group, ""))
        if kept is None:
            self._begun[group] = self._begun.get(group, 0) + 1
            new = identifier("conv_conversation_", self.birth.seed, group, str(self._begun[group]))
            members = {"configurationId": name, "name": None, "configuration": configuration}
            kept = self.conversations.create(new, members, at, group)
            self._participant(kept, script, "customer", channel, at)
        self._of_script[script.seed] = kept.id
        trim(self._of_script)
        return kept

    def _participant(self, kept: Kept, script: Script, role: Role, channel: str, at: int) -> Resource:
        """Return who has this role, joining or reached at a new address where that is so."""
        name, address = _participant_id(self.birth, kept, role), _address(script, role, channel)
        found = kept.participants.get(name)
        entry = {"channel": channel, "address": address}
        if found is not None and entry in found["addresses"]:
            return found
        if found is not None:
            return self.conversations.update(kept, name, {"addresses": [*found["addresses"], entry]}, at)
        members: Resource = {"name": address, "type": _TYPES[role], "addresses": [entry]}
        profile = self._profile(kept, script, at) if role == "customer" else None
        return self.conversations.join(kept, name, {**members, **({"profileId": profile} if profile else {})}, at)

    def _profile(self, kept: Kept, script: Script, at: int) -> str | None:
        store = kept.resource["configuration"]["memoryStoreId"]
        # A store that is gone is reported nowhere: the only sign is the missing profile.
        if store not in self.memory.stores or self.faults.unlinks(self.birth.seed, script.customer):
            return None
        return self.memory.resolve(store, "phone", script.customer, at)

    def _extract(self, kept: Kept, at: int) -> None:
        configuration = kept.resource["configuration"]
        profiles = [each["profileId"] for each in kept.participants.values() if "profileId" in each]
        wanted = configuration["memoryExtractionEnabled"] and self.faults.extraction
        if wanted and profiles and not kept.extracted:
            kept.extracted = True
            self.memory.extract(configuration["memoryStoreId"], profiles[0], kept.id, at)


def _group(grouping: str, customer: str, channel: str) -> str:
    return f"{customer}/{channel}" if grouping.endswith("CHANNEL_TYPE") else customer


def _participant_id(birth: Birth, kept: Kept, role: Role) -> str:
    return identifier("conv_participant_", birth.seed, kept.id, role)


def _address(script: Script, role: Role, channel: str) -> str:
    if role == "human":
        return _PERSON
    number = script.customer if role == "customer" else AGENT
    return f"{channel.lower()}:{number}" if channel in {"WHATSAPP", "RCS"} else number


def _party(participant: Resource, channel: str, delivery_status: str | None = None) -> Resource:
    address = next(each["address"] for each in participant["addresses"] if each["channel"] == channel)
    party = {"address": address, "channel": channel, "participantId": participant["id"]}
    return {**party, "deliveryStatus": delivery_status} if delivery_status else party


def _content(what: Say, *, inbound: bool) -> Resource:
    if what.channel != "VOICE":
        return {"type": "TEXT", "text": what.text}
    heard = {"channel": 0, "confidence": 0.94} if inbound else {"channel": 1, "confidence": 1.0}
    return {"type": "TRANSCRIPTION", "text": what.text, "transcription": {**heard, "engine": "google", "words": []}}
