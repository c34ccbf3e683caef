"""The templates of messages, in English and Chinese: what a customer is told, rendered when it is fetched."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from services.profile_svc.messages.domain.message import Message
from shared.texts import Words, load_texts

texts = load_texts(__package__)


def write_message(
    message: Message, names: Mapping[str, str | None], answer_by: datetime | None, zone: ZoneInfo
) -> tuple[Words, Words]:
    """Subject and body in both languages. `names` are the customer's by language, None where the file has none; a
    message without `answer_by` names no day."""
    values = {"case": message.data["case"]}
    body = f"{message.template}.body" if answer_by is not None else f"{message.template}.body_without_day"
    if answer_by is not None:
        values["answer_by"] = f"{answer_by.astimezone(zone):%Y-%m-%d %H:%M}"
    bodies: Words = {}
    for language in ("en", "zh"):
        name = names.get(language)
        greeting = (
            texts.say(language, "greeting.by_name", name=name) if name else texts.say(language, "greeting.unnamed")
        )
        bodies[language] = texts.say(language, body, greeting=greeting, **values)
    return texts.both(f"{message.template}.subject", **values), bodies
