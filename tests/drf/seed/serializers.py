"""The serializers that the guide names and does not print."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers

from ironbolt.drf.serializers import AppModelSerializer
from tests.drf.seed.models import Article, Product, Story


class ArticleSerializer(serializers.ModelSerializer[Article]):
    """A plain one of REST framework, as the guide's are."""

    class Meta:
        model = Article
        fields = ("id", "title", "content", "owner", "status", "due", "is_published", "tags")
        read_only_fields = ("owner",)


class ArticleListSerializer(serializers.ModelSerializer[Article]):
    """What a list shows."""

    class Meta:
        model = Article
        fields = ("id", "title")


class ArticleCreateSerializer(serializers.ModelSerializer[Article]):
    """What a new article takes."""

    class Meta:
        model = Article
        fields = ("id", "title", "content")


class ArticleDetailSerializer(serializers.ModelSerializer[Article]):
    """All of an article, with the name of its owner and what was said about it."""

    owner = serializers.CharField(source="owner.username", read_only=True)
    comments = serializers.SlugRelatedField(slug_field="text", many=True, read_only=True)

    class Meta:
        model = Article
        fields = ("id", "title", "content", "owner", "status", "views", "published_at", "comments")


class StorySerializer(serializers.ModelSerializer[Story]):
    """A story."""

    class Meta:
        model = Story
        fields = ("id", "title", "content")


class UserSerializer(serializers.ModelSerializer[User]):
    """A user as others may see and make one: nobody makes themselves staff, and no password is shown or kept."""

    class Meta:
        model = User
        fields = ("id", "username", "email", "first_name", "last_name", "password")
        extra_kwargs = {"password": {"write_only": True}, "email": {"required": True, "allow_blank": False}}

    def create(self, validated_data: Any) -> User:
        """A user, whose password is hashed."""
        return User.objects.create_user(**validated_data)

    def update(self, instance: User, validated_data: Any) -> User:
        """The same; passwords have an action of their own."""
        validated_data.pop("password", None)
        return super().update(instance, validated_data)


class ProductSerializer(AppModelSerializer):
    """A product, whose average nobody writes."""

    class Meta:
        model = Product
        fields = ("id", "name", "description", "sku", "price", "status", "category", "average_rating", "rating_count")
