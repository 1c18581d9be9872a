"""What the guide's code is about and does not print: articles, what belongs to them, products, and a log."""

from django.conf import settings
from django.db import models

from ironbolt.models import BaseModel, PublishableModel, RatableModel, TimestampedModel


class Tag(models.Model):
    """A word that articles are found by."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Article(TimestampedModel, PublishableModel):
    """What users write; once deleted it is gone."""

    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="articles")
    status = models.CharField(max_length=20, choices=[("draft", "Draft"), ("published", "Published")], default="draft")
    due = models.DateField(null=True, blank=True)
    views = models.PositiveIntegerField(default=0, editable=False)
    is_archived = models.BooleanField(default=False, editable=False)
    tags = models.ManyToManyField(Tag, related_name="articles", blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title

    def can_publish(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.content)

    def do_something(self) -> None:
        """What an action of one's own does."""
        self.title = f"{self.title}!"


class Story(BaseModel):
    """An article that knows how to be deleted softly."""

    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="stories")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title


class Comment(models.Model):
    """What somebody says about an article."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="comments")
    text = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.text


class Attachment(models.Model):
    """A file of an article; goes with it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="attachments")

    def __str__(self) -> str:
        return str(self.file.name)


class AuditLog(models.Model):
    """What the guide writes down of changes; it outlives everybody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=20)
    model = models.CharField(max_length=50, blank=True)
    object_id = models.BigIntegerField(null=True)
    changes = models.JSONField(null=True)
    ip_address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.action} {self.model} {self.object_id}"


class Category(models.Model):
    """What products stand under; stays as long as one does."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Product(RatableModel):
    """What is sold and rated."""

    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    sku = models.CharField(max_length=20, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    status = models.CharField(max_length=20, default="active")
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """A rating as the guide stores it: as many of a user as they like."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    rating = models.FloatField()
    comment = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.rating)


class Bundle(models.Model):
    """Products that are sold together: a product stays while one needs it."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="bundles")
    product = models.ForeignKey(Product, models.RESTRICT, related_name="bundles")

    def __str__(self) -> str:
        return str(self.pk)
