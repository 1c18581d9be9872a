"""Tables that are deleted softly, published and rated, and those that refer to them in every way."""

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from ironbolt.models import BaseModel, PublishableModel, RatableModel, SoftDeleteModel, unique_among_living


class Remark(SoftDeleteModel):
    """What somebody pinned to a row of whatever model."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=40)
    about = GenericForeignKey("content_type", "object_id")
    text = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.text


class Section(BaseModel):
    """What articles stand in."""

    name = models.CharField(max_length=50)
    slug = models.SlugField()
    inside = models.ForeignKey("self", models.CASCADE, null=True, related_name="sections")
    remarks = GenericRelation(Remark)

    class Meta:
        constraints = (unique_among_living("slug", name="section_slug_once"),)

    def __str__(self) -> str:
        return self.name


class Tag(SoftDeleteModel):
    """A word that articles are found by."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Article(BaseModel, PublishableModel, RatableModel):
    """What is written, published and rated."""

    section = models.ForeignKey(Section, models.CASCADE, related_name="articles")
    title = models.CharField(max_length=100)
    slug = models.SlugField(blank=True)
    author = models.CharField(max_length=50, blank=True)
    tags = models.ManyToManyField(Tag, related_name="articles", blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (unique_among_living("section", "slug", name="article_slug_once", condition=~models.Q(slug="")),)

    def __str__(self) -> str:
        return self.title


class Interview(Article):
    """An article with a table of its own beside that of all articles."""

    guest = models.CharField(max_length=50)


class Paragraph(BaseModel):
    """Part of an article; goes with it and comes back with it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="paragraphs")
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class Draft(models.Model):
    """Something of an article that nobody wants back."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="drafts")

    def __str__(self) -> str:
        return str(self.pk)


class Note(SoftDeleteModel):
    """What hangs on a draft, which is deleted for good, and so is this."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="notes")
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="notes")

    def __str__(self) -> str:
        return str(self.pk)


class Citation(models.Model):
    """What forbids that an article goes."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="citations")

    def __str__(self) -> str:
        return str(self.pk)


class Sequel(BaseModel):
    """What forbids it while it is alive itself."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="sequels")

    def __str__(self) -> str:
        return str(self.pk)


class Slot(models.Model):
    """A place on the front page: an article does not go without it, a section may."""

    section = models.ForeignKey(Section, models.CASCADE, related_name="slots")
    article = models.ForeignKey(Article, models.RESTRICT, related_name="slots")

    def __str__(self) -> str:
        return str(self.pk)


class Bookmark(models.Model):
    """What forgets an article that goes."""

    article = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="bookmarks")

    def __str__(self) -> str:
        return str(self.pk)


class Sale(models.Model):
    """What remembers an article whatever becomes of it."""

    article = models.ForeignKey(Article, models.DO_NOTHING, related_name="sales")

    def __str__(self) -> str:
        return str(self.pk)


class Page(models.Model):
    """A model as somebody wrote it by hand: the columns alone, and a manager that hides nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=50)
    is_deleted = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title
