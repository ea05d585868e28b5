"""Every key that we write in Redis, in one place: its type, how long it lives, and which process owns it.

All begin with the `KEY_PREFIX` setting. RQ's own keys (`rq:…`) are RQ's and are not listed here.
"""

from service.events.correlation import ADDRESSES
from service.store.observation_keys import ObservationKeys


class Keys(ObservationKeys, frozen=True):
    """Names of our keys under one prefix; a method or attribute a key, its docstring the key's page."""

    @property
    def events(self) -> str:
        """Stream. The event log; trimmed by age below the oldest event somebody waits for. Written by receivers."""
        return f"{self.prefix}events"

    def event(self, event_id: str) -> str:
        """Text: the event's entry id in the log. The dedupe claim. `EVENT_RETENTION`. Written by receivers."""
        return f"{self.prefix}event:{event_id}"

    def event_deliveries(self, event_id: str) -> str:
        """Hash: `<endpoint>` → state (`skipped:<reason>` tells why), `<endpoint>:<n>` → attempt n. Written by relays.

        Beside these `<endpoint>:filter`, the filter that matched where it was not `*`, and `<endpoint>:answer`, what
        the subscriber said when it last refused. 7 days while nothing has come of it, 72 h once delivered, 30 days
        once an attempt has failed.
        """
        return f"{self.prefix}event:{event_id}:deliveries"

    def conversation(self, conversation_id: str) -> str:
        """Hash: status, updated_at, sequence, `at:<resource>` (newest `updatedAt` seen), `routed:<endpoint>`, renewed.

        And stirred (1: traffic since it became INACTIVE). `EVENT_RETENTION` after its last event once closed, 90 days
        while open, which begin anew once in an hour (`renewed`). Receivers (append) and the routing relay (`routed:…`).
        """
        return f"{self.prefix}conversation:{conversation_id}"

    def conversation_events(self, conversation_id: str) -> str:
        """Hash: event id → entry id; the conversation's index and second dedupe claim. Lives as the conversation."""
        return f"{self.prefix}conversation:{conversation_id}:events"

    def resource(self, sid: str) -> str:
        """Hash: conversation (its id), rank (highest state reported), captured and transcribed (1: words of a call).

        Of a message, call or session by its SID. `EVENT_RETENTION` after its last event. Written by receivers.
        """
        return f"{self.prefix}resource:{sid}"

    def addresses(self, name: str) -> str:
        """Text: the latest open conversation of two addresses, by their name in service.events.correlation.

        90 days, begun anew as its conversation's are. Written by receivers.
        """
        return f"{self.prefix}{name}"

    def known_by(self, name: str) -> str:
        """Return the key of a name of service.events.correlation: `resource` of a SID, or `addresses`."""
        return self.addresses(name) if name.startswith(ADDRESSES) else self.resource(name)

    def voice_creation(self, call_sid: str) -> str:
        """Text: the conversation that was created for a call; blank while it is, or where that is not known.

        7 days. Written by receivers.
        """
        return f"{self.prefix}voice:created:{call_sid}"

    @property
    def voice_check(self) -> str:
        """Text: the last result of `rules check --online`, in JSON. For ever. Written by that command."""
        return f"{self.prefix}voice:check"

    @property
    def malformed(self) -> str:
        """Stream. Signed requests that could not be read, for people to look at. The newest 1,000. Receivers."""
        return f"{self.prefix}malformed"

    @property
    def stats(self) -> str:
        """Hash: counter name → number since installation. For ever. Written by all processes."""
        return f"{self.prefix}stats"

    def of_endpoint(self, endpoint_id: str) -> tuple[str, ...]:
        """Return all keys that are one endpoint's own, and go with it."""
        own = (
            self.deliveries, self.dead, self.dead_at, self.endpoint_stats, self.endpoint_health, self.endpoint_bucket,
            self.skipped, self.ordered, self.turns, self.failed,
        )  # fmt: skip
        return tuple(key(endpoint_id) for key in own)

    def endpoint_stats(self, endpoint_id: str) -> str:
        """Hash: counter name → number for one endpoint. Until the endpoint is removed. Written by relays."""
        return f"{self.prefix}endpoint:{endpoint_id}:stats"

    @property
    def endpoints(self) -> str:
        """Hash: endpoint id → its record in JSON. Until removed. Written by commands and the admin API."""
        return f"{self.prefix}endpoints"

    @property
    def endpoints_version(self) -> str:
        """Number: raised by each change of `endpoints`; a routing commit holds only for the version it planned with."""
        return f"{self.prefix}endpoints:version"

    def endpoint_health(self, endpoint_id: str) -> str:
        """Hash: last_success, first_failure, failures, warned, pauses: see service.endpoints.health. Relays.

        Until the endpoint is removed.
        """
        return f"{self.prefix}endpoint:{endpoint_id}:health"

    def endpoint_bucket(self, endpoint_id: str) -> str:
        """Hash: tokens, at (ms): what is left of a `rate_limit`. A minute after its last use. Written by relays."""
        return f"{self.prefix}endpoint:{endpoint_id}:bucket"

    @property
    def paused(self) -> str:
        """Sorted set: endpoint whose breaker is open by the time (ms) of its next probe. Until it closes. Relays."""
        return f"{self.prefix}paused"

    def skipped(self, endpoint_id: str) -> str:
        """Sorted set: `entry|event|previous|conversation` that a disabled endpoint missed, by the time (ms) of storage.

        As long as the log has the event. Written by relays.
        """
        return f"{self.prefix}skipped:{endpoint_id}"

    def ordered(self, endpoint_id: str) -> str:
        """Sorted set by name: `conversation|sequence|entry|event|previous|attempt`, behind its conversation's delivery.

        Until its turn has come. Written by relays.
        """
        return f"{self.prefix}ordered:{endpoint_id}"

    def turns(self, endpoint_id: str) -> str:
        """Set: conversation with a delivery under way at an ordered endpoint: in its stream or in `retries`.

        While there is one. Written by relays.
        """
        return f"{self.prefix}turns:{endpoint_id}"

    def failed(self, endpoint_id: str) -> str:
        """Stream: the newest 1,000 failed attempts of an endpoint; what is older is forgotten sooner. Relays."""
        return f"{self.prefix}failed:{endpoint_id}"

    def deliveries(self, endpoint_id: str) -> str:
        """Stream with the group `relay`. What waits for one endpoint or is in flight to it. Shrinks as it is answered.

        Until the endpoint is removed. Written by relays.
        """
        return f"{self.prefix}deliveries:{endpoint_id}"

    @property
    def retries(self) -> str:
        """Sorted set: `endpoint|entry|event|previous|attempt|first|turn` by due time (ms). Until then. Relays."""
        return f"{self.prefix}retries"

    def dead(self, endpoint_id: str) -> str:
        """Hash: event id → the dead delivery with its own copy of the event. 30 days, or until delivered. Relays."""
        return f"{self.prefix}dead:{endpoint_id}"

    def dead_at(self, endpoint_id: str) -> str:
        """Sorted set: event id of a dead delivery by the time (ms) of its death. As `dead`. Written by relays."""
        return f"{self.prefix}dead:{endpoint_id}:at"

    @property
    def ready(self) -> str:
        """Channel. Names endpoints whose stream has just grown. Published by commits, heard by relays."""
        return f"{self.prefix}ready"

    @property
    def routing_lease(self) -> str:
        """Text: the relay that routes. 5 s, renewed by it."""
        return f"{self.prefix}routing:lease"

    @property
    def routing_cursor(self) -> str:
        """Text: entry id of the last routed event. For ever. Written by the routing relay."""
        return f"{self.prefix}routing:cursor"

    @property
    def relays(self) -> str:
        """Sorted set: relay → its last heartbeat (ms of Redis's clock). Until it left or was cleared away. Relays."""
        return f"{self.prefix}relays"

    @property
    def secret_key_fingerprint(self) -> str:
        """Text: fingerprint of the `SECRET_KEY` that the stored secrets were sealed with. For ever. First to come."""
        return f"{self.prefix}secret-key"

    def api_bucket(self, account: str, api: str) -> str:
        """Hash: tokens, at, held (ms), pause (ms), calls: how fast all of us together may call one of Twilio's APIs.

        Ten minutes after its last use. Written by workers and commands.
        """
        return f"{self.prefix}api:{account}:{api}:bucket"

    @property
    def reconciliation(self) -> str:
        """Hash: since (watermark), cursor (entry id), hourly (s), last (the last pass, JSON). For ever. Workers."""
        return f"{self.prefix}reconciliation"

    @property
    def reconciliation_held(self) -> str:
        """Hash: conversation → its last look in JSON, '' before the first, `gone` once deleted. Workers.

        Until it is closed and was looked at once more.
        """
        return f"{self.prefix}reconciliation:held"

    def reconciliation_preview(self, job_id: str) -> str:
        """Text: what a dry run would append, in JSON. An hour. Written by workers."""
        return f"{self.prefix}reconciliation:preview:{job_id}"
