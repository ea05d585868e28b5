"""A file of endpoints as they are to be: what is understood, and how mistakes are told."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.declaration import Declaration, declaration
from service.endpoints.endpoint import NewEndpoint

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PRIVATE = "whsk_" + base64.b64encode(KEY).decode()
WHOLE = f"""
# What the CRM and the archive get.
[[endpoint]]
name = "crm"
url = "https://example.com/crm"
types = ["conversation.*", "message.received"]
description = "our CRM"
scheme = "v1a"
secret = "{PRIVATE}"
ordered = true
rate_limit = 50
headers = {{ X-Api-Key = "0123" }}

[[endpoint]]
name = "archive"
url = "https://example.com/archive"
secret_env = "ARCHIVE_SECRET"
"""


def declared(text: str, **environment: str) -> Declaration:
    """Return what a file declares where only public https addresses are allowed."""
    return declaration(text, environment, allow_http=False, allowed=())


def test_every_member_is_understood() -> None:
    """A secret stands in the file, or in the environment; what is left out has its default."""
    found = declared(WHOLE, ARCHIVE_SECRET=SECRET)
    crm = NewEndpoint(
        "https://example.com/crm", ("conversation.*", "message.received"), "our CRM", PRIVATE, "crm", "v1a",
        {"X-Api-Key": "0123"}, ordered=True, rate_limit=50.0,
    )  # fmt: skip
    archive = NewEndpoint("https://example.com/archive", secret=SECRET, name="archive")

    assert () == found.mistakes
    assert [(crm, KEY), (archive, KEY)] == [(entry.new, entry.key) for entry in found.entries]


ENTRY = '[[endpoint]]\nname = "crm"\nurl = "https://example.com/"\n'


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("x = ", ["the file is not TOML"]),
        ("", ["there is no [[endpoint]] in the file"]),
        ("[endpoint]\n", ["there is no [[endpoint]] in the file"]),
        ("[[endpoints]]\n", ["endpoints: there is no such table", "there is no [[endpoint]] in the file"]),
        ("x = 1\n" + ENTRY, ["x: there is no such table"]),
        ("[[endpoint]]\n", ["line 1: url: is missing", "line 1: name: is missing"]),
        ('[[endpoint]]\nname = "crm"\n', ["line 1 (crm): url: is missing"]),
        ("endpoint = [{}]\n", ["endpoint 1: url: is missing", "endpoint 1: name: is missing"]),
        ('[[endpoint]]\nname = 5\nurl = "https://example.com/"\n', ["line 1: name: must be a text"]),
        (ENTRY + 'name_ = "x"\n', ["line 1 (crm): name_: there is no such member"]),
        (ENTRY + 'scheme = "v2"\n', ['line 1 (crm): scheme: must be "v1"']),
        (ENTRY + "rate_limit = nan\n", ["line 1 (crm): rate_limit: must be more than 0"]),
        (ENTRY + 'rate_limit = "5"\n', ["line 1 (crm): rate_limit: must be a number"]),
        (ENTRY + "types = []\n", ["line 1 (crm): types: between 1 and 100"]),
        (ENTRY + "headers = { webhook-id = 'x' }\n", ["line 1 (crm): headers: 'webhook-id' is not free"]),
        (ENTRY + 'secret = "whsec_short"\n', ["line 1 (crm): secret: a secret is whsec_"]),
        (ENTRY + f'secret = "{SECRET}"\nscheme = "v1a"\n', ["line 1 (crm): secret: a private key is whsk_"]),
        (ENTRY + 'secret_env = "NOT_SET"\n', ["line 1 (crm): secret_env: NOT_SET is not set in the environment"]),
        (ENTRY + 'secret_env = "EMPTY"\n', ["line 1 (crm): secret_env: EMPTY is not set in the environment"]),
        (ENTRY + 'secret_env = "no name"\n', ["line 1 (crm): secret_env: must be the name"]),
        (ENTRY + f'secret = "{SECRET}"\nsecret_env = "EMPTY"\n', ["line 1 (crm): secret_env: stands beside secret"]),
        (ENTRY + 'secret_env = "WRONG"\n', ["line 1 (crm): secret: a secret is whsec_"]),
        (ENTRY + ENTRY, ["line 1 (crm): name: is there more than once", "line 4 (crm): name: is there more than once"]),
        (
            '[[endpoint]]\nname = "crm"\nurl = "http://10.0.0.1/"\n\n[[endpoint]]\nurl = "nowhere"\nordered = 1\n',
            ["line 1 (crm): url: ", "line 5: ordered: ", "line 5: name: ", "line 5: url: "],
        ),
    ],
)
def test_all_mistakes_are_told_with_their_places(text: str, mistakes: list[str]) -> None:
    """Each begins with the line of its entry, and names it."""
    found = declared(text, EMPTY="", WRONG="my-own-secret").mistakes

    assert mistakes == [told[: len(begun)] for told, begun in zip(found, mistakes, strict=True)]


@pytest.mark.parametrize("member", ["secret", "secret_env"])
def test_no_secret_is_repeated(member: str) -> None:
    """Whatever is wrong with it, and in whichever member it stands."""
    found = declared(ENTRY + f'{member} = "my-own-secret!"\n').mistakes

    assert found
    assert "my-own-secret" not in str(found)


def test_a_header_inside_of_a_text_does_not_move_the_others() -> None:
    """Where lines cannot be told for certain, entries are counted."""
    text = '[[endpoint]]\nname = "crm"\nurl = "nowhere"\ndescription = """\n[[endpoint]]\n"""\n'

    assert ["endpoint 1 (crm)"] == list({mistake.partition(": ")[0] for mistake in declared(text).mistakes})


@settings(deadline=None, max_examples=100)
@given(st.text() | st.text(alphabet='[]endpoit\n ="{}#,.1', max_size=60).map(ENTRY.__add__))
def test_any_text_is_judged(text: str) -> None:
    """No text raises, and one without mistakes has entries."""
    found = declared(text)

    assert bool(found.mistakes) or bool(found.entries)
