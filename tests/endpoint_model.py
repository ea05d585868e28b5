"""What an endpoint's life comes to, said in the fewest words: the model that the real thing is held against."""

from dataclasses import dataclass, field

MOST_RETIRED = 5


@dataclass
class Key:
    """A secret (`whsec_…`) or a public key (`whpk_…`) as subscribers have it, under its scheme."""

    text: str
    scheme: str


@dataclass
class ModelEndpoint:
    """One endpoint; `retired` are keys with the millisecond from which they sign no more."""

    name: str
    key: Key
    headers: dict[str, str] = field(default_factory=dict)
    ordered: bool = False
    rate_limit: float | None = None
    retired: list[tuple[Key, int]] = field(default_factory=list)
    disabled: str | None = None
    every: list[Key] = field(default_factory=list)

    def signing(self, now_ms: int) -> list[Key]:
        """Return the keys that sign at a moment, the present one first."""
        return [self.key, *(key for key, until in self.retired if until > now_ms)]

    def old_until(self, now_ms: int) -> int | None:
        """Return when the last of the old ones ends."""
        return max((until for _, until in self.retired if until > now_ms), default=None)

    def can_rotate(self, now_ms: int, overlap: int, back_to: Key | None) -> bool:
        """Return whether another secret may follow."""
        if back_to is self.key:
            return False
        old = [key for key in self.signing(now_ms)[1:] if key is not back_to]
        return len(old) + bool(overlap) <= MOST_RETIRED

    def rotate(self, key: Key, now_ms: int, overlap: int) -> None:
        """Let another key follow."""
        self.retired = [(old, until) for old, until in self.retired if until > now_ms and old is not key]
        if overlap:
            self.retired.append((self.key, now_ms + overlap * 1000))
        self.key = key
        if key not in self.every:
            self.every.append(key)
