import pytest

from bookstore.catalog.names import split_name


@pytest.mark.parametrize(
    ("full_name", "first", "last"),
    [
        ("Virginia Woolf", "Virginia", "Woolf"),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("Ursula K. Le Guin", "Ursula K.", "Le Guin"),
        ("Simone de Beauvoir", "Simone", "de Beauvoir"),
        ("Walter de la Mare", "Walter", "de la Mare"),
        ("Johann Wolfgang von Goethe", "Johann Wolfgang", "von Goethe"),
        ("Gabriel García Márquez", "Gabriel", "García Márquez"),
        ("Frederick P. Brooks Jr.", "Frederick P.", "Brooks Jr."),
        ("Arthur Conan Doyle", "Arthur", "Conan Doyle"),
        ("Voltaire", "", "Voltaire"),
        ("  Leo   Tolstoy ", "Leo", "Tolstoy"),
        ("", "", ""),
    ],
)
def test_a_name_is_split_where_a_librarian_would(full_name, first, last):
    """Particles, suffixes and known double names belong to the last name; a single name is one."""
    assert split_name(full_name) == (first, last)
