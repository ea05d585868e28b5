"""The keys of what is written into Conversation Memory, and of what is broken between it and conversations."""

from service.store.job_keys import JobKeys


class ObservationKeys(JobKeys, frozen=True):
    """Names of the observations' keys under one prefix, as `keys` has the others."""

    def observations(self, unit: str) -> str:
        """Hash: observation → its draft in JSON, `<observation>:begun` → ms, composed. `EVENT_RETENTION`. Workers.

        Of an author's words in a conversation, or of one job: what is composed and not known to be written.
        """
        return f"{self.prefix}observations:{unit}"

    def observed(self, observation_id: str) -> str:
        """Text: sent or failed: what became of an observation, lest it be repeated. `EVENT_RETENTION`. Workers."""
        return f"{self.prefix}observed:{observation_id}"

    def merged_profile(self, profile_id: str) -> str:
        """Text: the id that a merged profile has now. `EVENT_RETENTION`. Written by workers."""
        return f"{self.prefix}merged:{profile_id}"

    def linkage(self, configuration_id: str, hour: int) -> str:
        """Hash: word → number, of what one hour (since 1970) saw between a configuration's conversations and memory.

        Two days. Written by workers.
        """
        return f"{self.prefix}linkage:{configuration_id}:{hour}"

    @property
    def linkage_configurations(self) -> str:
        """Set: configuration of which something is counted. For ever. Written by workers."""
        return f"{self.prefix}linkage:configurations"

    @property
    def linkage_state(self) -> str:
        """Hash: cursor (entry of the newest event seen), `chosen:<hour>` → number. For ever. Written by workers."""
        return f"{self.prefix}linkage:state"

    @property
    def linkage_due(self) -> str:
        """Sorted set: closed conversation by the time (ms) at which its memory is looked at. Until then. Workers."""
        return f"{self.prefix}linkage:due"

    def linkage_told(self, configuration_id: str, day: str) -> str:
        """Text: 1, where it was told on a day that a configuration's link is broken. Two days. Workers."""
        return f"{self.prefix}linkage:{configuration_id}:{day}:told"
