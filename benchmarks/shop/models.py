"""The tables, as Django makes them; SQLAlchemy and the bare drivers meet them as they stand."""

from django.db import models
from django.utils import timezone


class Author(models.Model):
    """Who wrote books."""

    name = models.CharField(max_length=100)
    born = models.DateField()

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A shelf."""

    name = models.CharField(max_length=50)
    slug = models.CharField(max_length=50)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """What is sold: a column of each usual kind."""

    title = models.CharField(max_length=200)
    isbn = models.CharField(max_length=13)
    author = models.ForeignKey(Author, models.PROTECT, related_name="books")
    price = models.DecimalField(max_digits=8, decimal_places=2)
    pages = models.IntegerField()
    published = models.DateField()
    summary = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)
    categories = models.ManyToManyField(Category, related_name="books", blank=True)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.title
