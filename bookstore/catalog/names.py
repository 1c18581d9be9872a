"""A name as it stands on a cover, from first and last name and back."""

from typing import NamedTuple

# Words that begin a last name: Simone de Beauvoir, Ursula K. Le Guin, Vincent van Gogh.
PARTICLES = frozenset(
    {
        *("af", "al", "bin", "da", "dal", "dalla", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos"),
        *("du", "el", "ibn", "la", "las", "le", "les", "lo", "los", "ten", "ter", "van", "von", "zu", "zum", "zur"),
    }
)
SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
# Last names of two words that no rule finds, since the first of them could be a middle name.
DOUBLE_LAST_NAMES = frozenset(
    {
        "Bioy Casares",
        "Conan Doyle",
        "García Lorca",
        "García Márquez",
        "Machado de Assis",
        "Roa Bastos",
        "Ruiz Zafón",
        "Vargas Llosa",
    }
)


class PersonName(NamedTuple):
    """A name in two parts; someone with one name only has it as the last."""

    first: str
    last: str


def full_name(first_name: str, last_name: str) -> str:
    """The name as it stands on the cover."""
    return f"{first_name} {last_name}".strip()


def split_name(full_name: str) -> PersonName:
    """Split "Gabriel García Márquez" into "Gabriel" and "García Márquez".

    The last word is the last name, together with a suffix behind it, the particles before it, and the rest of a
    double name that is known.
    """
    words = full_name.split()
    start = _start_of_last_name(words)
    return PersonName(" ".join(words[:start]), " ".join(words[start:]))


def _start_of_last_name(words: list[str]) -> int:
    start = len(words) - 1
    if start > 1 and words[start].lower() in SUFFIXES:
        start -= 1
    for known in DOUBLE_LAST_NAMES:
        parts = known.split()
        if words[-len(parts) :] == parts:
            return len(words) - len(parts)
    while start > 0 and words[start - 1].lower() in PARTICLES:
        start -= 1
    return max(start, 0)
