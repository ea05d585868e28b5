"""What has to be done for the endpoints to be as a file declares them."""

import msgspec
import pytest

from service.endpoints.declaration import Declared
from service.endpoints.difference import Change, Known, Step, difference
from service.endpoints.endpoint import Disabled, Endpoint, NewEndpoint
from service.endpoints.shown import MASK

KEY, OTHER = bytes(range(32)), bytes(32)
URL = "https://example.com/"


def known(name: str = "crm", headers: dict[str, str] | None = None, **members: object) -> Known:
    """Return an endpoint that is there."""
    plain = Endpoint(id=f"ep_{name}", url=URL, types=("*",), sealed_secret="sealed", created_at=0, name=name)
    return Known(msgspec.structs.replace(plain, **members), KEY, headers or {})


def declared(name: str = "crm", key: bytes | None = None, **members: object) -> Declared:
    """Return an entry of a file."""
    return Declared("line 1", msgspec.structs.replace(NewEndpoint(URL, name=name), **members), key)


def test_what_is_not_there_is_made() -> None:
    """The step tells what is given; the secret is none of it."""
    entry = declared(key=KEY, headers={"X-Api-Key": "0123"}, ordered=True, scheme="v1a")
    changes = (
        Change("url", None, URL),
        Change("types", None, ("*",)),
        Change("ordered", None, after=True),
        Change("headers.X-Api-Key", None, MASK),
        Change("scheme", None, "v1a"),
    )

    assert [Step("create", "crm", None, changes)] == difference([entry], [], prune=False)


def test_what_is_as_declared_is_left_alone() -> None:
    """A secret that the file leaves out stays; so does what a file does not know of."""
    there = known(headers={"X-Api-Key": "0123"}, rate_limit=5.0, disabled=Disabled("gone", 1), enabled_at=7)
    entry = declared(headers={"X-Api-Key": "0123"}, rate_limit=5.0)

    assert [Step("unchanged", "crm", "ep_crm")] == difference([entry], [there], prune=True)


@pytest.mark.parametrize(
    ("there", "entry", "changes"),
    [
        (known(), declared(url=f"{URL}b"), [Change("url", URL, f"{URL}b")]),
        (known(description="old"), declared(), [Change("description", "old", "")]),
        (known(rate_limit=5.0), declared(), [Change("rate_limit", 5.0, None)]),
        (known(), declared(ordered=True), [Change("ordered", before=False, after=True)]),
        (known(), declared(headers={"A": "1"}), [Change("headers.A", None, MASK)]),
        (known(headers={"A": "1", "B": "2"}), declared(headers={"B": "2"}), [Change("headers.A", MASK, None)]),
        (known(headers={"A": "1"}), declared(headers={"A": "2"}), [Change("headers.A", MASK, MASK)]),
        (known(), declared(key=OTHER), [Change("secret", MASK, MASK)]),
        (known(), declared(scheme="v1a"), [Change("scheme", "v1", "v1a"), Change("secret", MASK, MASK)]),
        (known(scheme="v1a"), declared(key=KEY), [Change("scheme", "v1a", "v1"), Change("secret", MASK, MASK)]),
    ],
)
def test_each_member_that_differs_is_told(there: Known, entry: Declared, changes: list[Change]) -> None:
    """With both values, unless they are nobody's business."""
    assert [Step("update", "crm", "ep_crm", tuple(changes))] == difference([entry], [there], prune=False)


@pytest.mark.parametrize(("prune", "removed"), [(False, []), (True, ["ep_old"])])
def test_only_named_endpoints_are_removed(prune: bool, removed: list[str]) -> None:  # noqa: FBT001 - parametrised
    """And only where that is asked for; one without a name is not the file's business."""
    there = [known("old"), known("", id="ep_nameless"), known()]
    steps = difference([declared()], there, prune=prune)

    assert removed == [step.id for step in steps if step.action == "remove"]
    assert "ep_nameless" not in {step.id for step in steps}


def test_steps_follow_the_file() -> None:
    """What is removed comes last."""
    steps = difference([declared("b"), declared("a")], [known("c"), known("a")], prune=True)

    assert [("create", "b"), ("unchanged", "a"), ("remove", "c")] == [(step.action, step.name) for step in steps]


def test_no_secret_is_in_a_difference() -> None:
    """Neither a key nor a header's value."""
    there, entry = known(headers={"A": "value one"}), declared(key=OTHER, headers={"A": "value two"})
    text = repr(difference([entry], [there], prune=False))

    assert not [word for word in ("value", repr(KEY), repr(OTHER)) if word in text]
