"""By what the clients of either door narrow, search and order the books."""

FILTERS = {
    "author": ("exact", "in"),
    "publisher": ("exact", "in", "isnull"),
    "categories": ("exact", "in"),
    "categories__slug": ("exact",),
    "language": ("exact",),
    "status": ("exact",),
    "price": ("gte", "lte"),
}

DATE_RANGES = ("publication_date",)

SEARCHED = ("title", "subtitle", "=isbn", "author__first_name", "author__last_name")

ORDERINGS = ("title", "price", "publication_date", "created_at")
