"""Serializers over the shop's models for plain DRF."""

from rest_framework import serializers

from benchmarks.shop import models

FIELDS = ("id", "title", "isbn", "author_id", "price", "pages", "published", "summary", "created")


class BookSerializer(serializers.ModelSerializer):
    """A book, read and written."""

    author_id = serializers.PrimaryKeyRelatedField(source="author", queryset=models.Author.objects.all())

    class Meta:
        model = models.Book
        fields = FIELDS


class BookReader(serializers.ModelSerializer):
    """A book that is only read; DRF is faster with every field of it read-only."""

    author_id = serializers.IntegerField(read_only=True)

    class Meta:
        model = models.Book
        fields = read_only_fields = FIELDS


class AuthorSerializer(serializers.ModelSerializer):
    """An author inside a book."""

    class Meta:
        model = models.Author
        fields = read_only_fields = ("id", "name", "born")


class CategorySerializer(serializers.ModelSerializer):
    """A category inside a book."""

    class Meta:
        model = models.Category
        fields = read_only_fields = ("id", "name", "slug")


class NestedSerializer(serializers.ModelSerializer):
    """A book with what belongs to it."""

    author = AuthorSerializer(read_only=True)
    categories = CategorySerializer(many=True, read_only=True)

    class Meta:
        model = models.Book
        fields = read_only_fields = (
            "id", "title", "isbn", "price", "pages", "published", "summary", "created", "author", "categories"
        )  # fmt: skip
