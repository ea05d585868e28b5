"""What becomes of an endpoint by what is asked to be different about it."""

import msgspec
import pytest

from service.endpoints.amendment import amended, merged
from service.endpoints.endpoint import Amendment, Disabled, Endpoint, Retired, mistakes

WHOLE = Endpoint(
    id="ep_1", url="https://example.com/", types=("message.*",), sealed_secret="sealed", created_at=1,
    description="our CRM", name="crm", scheme="v1a", retired=(Retired("old", "v1", 2),), sealed_headers="sealed too",
    ordered=True, rate_limit=5.0, disabled=Disabled("gone", 3), enabled_at=4,
)  # fmt: skip


def test_what_is_not_named_stays() -> None:
    """Asking for nothing changes nothing."""
    assert WHOLE == amended(WHOLE, Amendment())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("url", "https://example.org/"), ("types", ("*",)), ("description", ""), ("name", ""), ("ordered", False),
        ("rate_limit", None), ("rate_limit", 0.5),
    ],
)  # fmt: skip
def test_what_is_named_changes_alone(member: str, value: object) -> None:
    """An empty value and None are values like others."""
    wish = msgspec.convert({member: value}, Amendment)

    assert msgspec.structs.replace(WHOLE, **{member: value}) == amended(WHOLE, wish)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"X-One": "1", "X-Two": "2"}),
        ({"X-Two": None}, {"X-One": "1"}),
        ({"x-two": None}, {"X-One": "1"}),
        ({"x-one": "3"}, {"X-Two": "2", "x-one": "3"}),
        ({"X-Three": "3", "X-None": None}, {"X-One": "1", "X-Two": "2", "X-Three": "3"}),
        ({"X-Two": None, "x-two": "3"}, {"X-One": "1", "x-two": "3"}),
    ],
)
def test_headers_are_added_replaced_and_taken_away(changes: dict[str, str | None], expected: dict[str, str]) -> None:
    """Their names are the same in any case."""
    assert expected == merged({"X-One": "1", "X-Two": "2"}, changes)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (Amendment(), []),
        (Amendment(rate_limit=None, headers={"X-Gone": None}, name=""), []),
        (Amendment(rate_limit=10_000.0, name="a" * 64, description="x" * 256), []),
        (Amendment(rate_limit=0.0), ["rate_limit"]),
        (Amendment(rate_limit=10_000.1), ["rate_limit"]),
        (Amendment(rate_limit=float("nan")), ["rate_limit"]),
        (Amendment(rate_limit=float("inf")), ["rate_limit"]),
        (Amendment(name="a" * 65), ["name"]),
        (Amendment(name="our CRM"), ["name"]),
        (Amendment(name="-crm"), ["name"]),
        (Amendment(name="crm\n"), ["name"]),
        (Amendment(description="two\nlines"), ["description"]),
        (Amendment(description="\x1b[2J" * 100), ["description", "description"]),
        (Amendment(headers={"webhook-id": "x"}), ["headers"]),
        (Amendment(headers={"X-Two": "a\r\nb: c"}), ["headers"]),
        (Amendment(headers={"no header": None}), ["headers"]),
        (Amendment(url="http://10.0.0.1/", types=(), rate_limit=-1.0), ["url", "types", "rate_limit"]),
    ],
)
def test_mistakes_are_named_together(wish: Amendment, named: list[str]) -> None:
    """Only those of what is given: what stands already is not judged again."""
    found = mistakes(wish, allow_http=False, allowed=())

    assert named == [mistake.partition(":")[0] for mistake in found]
