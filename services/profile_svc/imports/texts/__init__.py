"""Why rows were refused, in English and Chinese."""

from shared.texts import Language, load_texts

texts = load_texts(__package__)


def say_reason(language: Language, code: str, detail: str | None) -> str:
    """The reason as a sentence: the code's own text; of a code that has none yet, the English detail."""
    key = f"reason.{code}"
    return texts.say(language, key) if key in texts else detail or code
