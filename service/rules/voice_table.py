"""PURE. One `[[voice]]` table, read: its members, and its sub-tables, each named as the TwiML element it fills."""

from collections.abc import Mapping
from typing import Any

from service.rules import choices
from service.rules.members import Members
from service.rules.naming import quoted
from service.rules.reading import Mistake, Table
from service.rules.voice_answer import OTHERS, Kind, Pairs, Steps, Voice, address, is_address
from service.rules.voice_attributes import ELEMENTS, LONGEST_TEXT, attribute_mistake
from service.rules.voice_members import EXAMPLES, FORMS, STEPS, contradictions, is_stray, stray

MOST_DIALLED = 10
"""Numbers that `<Dial>` may ring at once."""


def read_table(table: Table) -> tuple[Voice | None, list[Mistake]]:
    """Return the answer that a table describes, None where its number or answer cannot be read, and the mistakes."""
    reader = _Reader(table)
    return reader.voice(), reader.mistakes


class _Reader:
    def __init__(self, table: Table) -> None:
        self._table = table
        strays = [name for name in table.values if is_stray(name)]
        kept = {name: value for name, value in table.values.items() if name not in strays}
        self._members = Members(Table(kept, table.line, table.lines), EXAMPLES)
        self.mistakes = self._members.mistakes
        for name in strays:
            self._wrong(stray(name, table.values.get("answer")), name)

    def voice(self) -> Voice | None:
        number, answer = self._number(), self._answer()
        steps = self._steps(self._members)
        fallback = self._fallback()
        elements = tuple((name, self._attributes(name)) for name in ELEMENTS if name in self._table.values)
        if answer is None:
            return None
        read = Voice(
            line=self._table.line,
            number=number or "",
            answer=answer,
            steps=steps,
            elements=tuple((name, pairs) for name, pairs in elements if name != "Language"),
            parameters=self._parameters(),
            languages=self._languages(),
            create=self._members.flag("create") or False,
            handoff_only=self._members.flag("handoff_only") or False,
            accept_double_billing=self._members.flag("accept_double_billing") or False,
            fallback=fallback,
        )
        self.mistakes += contradictions(read, self._table)
        return read if number is not None else None

    def _wrong(self, text: str, name: str, *inside: str | int) -> None:
        self.mistakes.append(Mistake(self._table.at(name, *inside), text))

    def _number(self) -> str | None:
        found = self._members.text("number")
        if found is None:
            if "number" not in self._members:
                self._members.wrong("number", 'is missing: whose calls are answered, or "*" for all other numbers\'')
            return None
        number = address(found)
        if number != OTHERS and not is_address(number):
            self._members.wrong("number", f'must be in E.164, a sip: or client: address or "*", not {quoted(found)}')
            return None
        return number

    def _answer(self) -> Kind | None:
        found = choices.single(self._members, "answer", tuple(FORMS))
        if "answer" not in self._members:
            self._members.wrong("answer", f"is missing; there are {', '.join(FORMS)}")
        return next((kind for kind in FORMS if kind == found), None)

    def _steps(self, members: Members) -> Steps:
        redirect = members.text("redirect", LONGEST_TEXT)
        if redirect is not None and not _is_url(redirect):
            members.wrong("redirect", f"must be a URL with https:// and a host, not {quoted(redirect)}")
            redirect = None
        dialled = members.chosen("dial", _refused_address)
        if len(dialled) > MOST_DIALLED:
            members.wrong("dial", f"Twilio rings at most {MOST_DIALLED} at once, and these are {len(dialled)}")
        return Steps(members.text("say", LONGEST_TEXT), dialled, redirect)

    def _fallback(self) -> Steps | None:
        values = self._sub_table("fallback")
        if values is None:
            return None
        lines = {name: self._table.at("fallback", name) for name in values}
        members = Members(Table(values, self._table.at("fallback"), lines), {name: EXAMPLES[name] for name in STEPS})
        found = self._steps(members)
        if not values:
            self._members.wrong("fallback", "is empty: say, dial or redirect is what it answers")
        self.mistakes += members.mistakes
        return found

    def _sub_table(self, name: str) -> Mapping[str, Any] | None:
        value = self._table.values.get(name)
        if value is None or isinstance(value, dict):
            return value
        self._members.wrong(name, f"must be a table of its own, not {quoted(value)}")
        return None

    def _attributes(self, element: str) -> Pairs:
        if element == "Language":
            return ()
        return self._pairs(element, self._sub_table(element) or {}, element)

    def _pairs(self, element: str, values: Mapping[str, Any], at: str, *inside: int) -> Pairs:
        found, known = [], ELEMENTS[element]
        for name, value in values.items():
            if name not in known:
                self._wrong(attribute_mistake(element, name), at, *inside, name)
                continue
            written = known[name].written(value)
            if written is None:
                text = f"{element}.{name}: must be {known[name].says}, not {quoted(value)}"
                self._wrong(f"{text}; for example {name} = {known[name].example}", at, *inside, name)
                continue
            found.append((name, written))
        return tuple(found)

    def _languages(self) -> tuple[Pairs, ...]:
        value = self._table.values.get("Language", [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._members.wrong("Language", "must be written with two brackets, since there may be many")
            return ()
        for number, each in enumerate(value):
            if "code" not in each:
                self._wrong('Language.code: is missing; for example code = "es-MX"', "Language", number)
        return tuple(self._pairs("Language", each, "Language", number) for number, each in enumerate(value))

    def _parameters(self) -> Pairs:
        found = []
        for name, value in (self._sub_table("Parameter") or {}).items():
            if not isinstance(value, str | int | float) or not name.strip() or len(str(value)) > LONGEST_TEXT:
                text = f"Parameter.{quoted(name)}: must be a text of at most {LONGEST_TEXT} characters"
                self._wrong(f'{text}; for example team = "sales"', "Parameter", name)
                continue
            found.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
        return tuple(found)


def _is_url(text: str) -> bool:
    return ELEMENTS["Dial"]["action"].written(text) is not None


def _refused_address(text: str) -> str | None:
    if is_address(text):
        return None
    return f"must be in E.164, or a sip: or client: address, not {quoted(text)}"
