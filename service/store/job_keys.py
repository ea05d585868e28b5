"""The keys of the jobs: what intents become. Owned by the workers' dispatchers and executors."""

import msgspec


class JobKeys(msgspec.Struct, frozen=True):
    """Names of the jobs' keys under one prefix, as `keys` has the others."""

    prefix: str = "ce:"

    @property
    def intents(self) -> str:
        """Stream with the group `worker`. What routing decided for the jobs. Until taken. Routing relay, admin API."""
        return f"{self.prefix}intents"

    def job(self, job_id: str) -> str:
        """Hash: the ledger's page on one job. While it is live, then `EVENT_RETENTION`. Workers, admin API."""
        return f"{self.prefix}job:{job_id}"

    @property
    def jobs_due(self) -> str:
        """Sorted set: waiting job by the time (ms) it is due. Until dispatched. Written by workers, admin API."""
        return f"{self.prefix}jobs:due"

    @property
    def jobs_leases(self) -> str:
        """Sorted set: queued or running job by the time (ms) its lease ends. Until it ends. Written by workers."""
        return f"{self.prefix}jobs:leases"

    @property
    def jobs_workers(self) -> str:
        """Sorted set: worker process by its last heartbeat (ms). Until a minute after it fell silent. Workers."""
        return f"{self.prefix}jobs:workers"

    @property
    def jobs_dead(self) -> str:
        """Sorted set: dead job by the time (ms) of its death. `EVENT_RETENTION`. Written by workers."""
        return f"{self.prefix}jobs:dead"

    @property
    def jobs_unannounced(self) -> str:
        """Set: job whose failure is yet to be told as an event. Until told. Written by workers."""
        return f"{self.prefix}jobs:unannounced"

    @property
    def jobs_stopped(self) -> str:
        """Hash: kind that Twilio refuses to let us do → time (ms) of the next probe. Until one ends. Workers."""
        return f"{self.prefix}jobs:stopped"

    def jobs_parked(self, kind: str) -> str:
        """Sorted set: due job of a stopped kind by the time (ms) it was due. Until the kind goes on. Workers."""
        return f"{self.prefix}jobs:parked:{kind}"

    def job_of_endpoint(self, endpoint_id: str, kind: str) -> str:
        """Text: id of the endpoint's live job of a kind, such as its replay. Until it ends. Workers, admin API."""
        return f"{self.prefix}endpoint:{endpoint_id}:job:{kind}"

    def conversation_close(self, conversation_id: str) -> str:
        """Text: id of the conversation's live close job, which others join. Until it ends. Workers, admin API."""
        return f"{self.prefix}conversation:{conversation_id}:close"

    def job_of_conversation(self, conversation_id: str, kind: str, subject: str) -> str:
        """Text: id of the conversation's live job of a kind for one subject (a rule, an author). As `close`."""
        return f"{self.prefix}conversation:{conversation_id}:job:{kind}:{subject}"

    def job_of_account(self, kind: str, subject: str) -> str:
        """Text: id of the live job of a kind that is for no single conversation. As `close`."""
        return f"{self.prefix}job:live:{kind}:{subject}"

    def bulk_close(self, job_id: str) -> str:
        """List: the conversations that one `close_all` job is for. `EVENT_RETENTION`. Written by commands."""
        return f"{self.prefix}job:{job_id}:conversations"

    def bulk_closings(self, job_id: str) -> str:
        """Hash: place in `bulk_close` → the close job that was asked for. `EVENT_RETENTION`. Written by workers."""
        return f"{self.prefix}job:{job_id}:closings"

    def closing(self, conversation_id: str) -> str:
        """Text: id of the close job that may look and close; others wait. 3 min, until it ends. Workers."""
        return f"{self.prefix}closing:{conversation_id}"

    def conversation_jobs(self, conversation_id: str) -> str:
        """Sorted set: the newest 20 jobs of a conversation by the time (ms) they were made.

        90 days after the newest. Written by workers, admin API.
        """
        return f"{self.prefix}conversation:{conversation_id}:jobs"

    def event_jobs(self, event_id: str) -> str:
        """Set: the jobs that an event asked for. 90 days. Written by workers."""
        return f"{self.prefix}event:{event_id}:jobs"

    def gathered(self, conversation_id: str, author: str) -> str:
        """List: what one author said, to be observed together, in JSON (service.rules.asked.Gathered). 7 days.

        `author` is a participant's id, or a digest of an address. Written by the routing relay; workers take away.
        """
        return f"{self.prefix}gathered:{conversation_id}:{author}"

    def gather_asked(self, conversation_id: str, author: str) -> str:
        """Text: 1, where a job was asked for what is gathered. A minute. Written by the routing relay."""
        return f"{self.prefix}gathered:{conversation_id}:{author}:asked"
