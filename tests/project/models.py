"""A few tables with one of everything that the library must handle."""

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator, validate_comma_separated_integer_list
from django.db import models
from django.db.models import lookups
from django.db.models.functions import Lower


class Label(models.Model):
    """What a task is filed under."""

    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """Something to do, of somebody."""

    title = models.CharField(max_length=100)
    code = models.CharField(max_length=20, unique=True)
    owner_id = models.CharField(max_length=40, blank=True)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, null=True, related_name="tasks")
    watchers = models.ManyToManyField(Label, related_name="watched", blank=True)
    effort = models.DecimalField(max_digits=5, decimal_places=2, default=1, validators=[MinValueValidator(0)])
    state = models.CharField(max_length=10, choices=[("open", "Open"), ("done", "Done")], default="open")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["title", "owner_id"], name="task_title_once_an_owner"),
            models.CheckConstraint(
                condition=models.Q(effort__lte=100),
                name="task_effort_bounded",
                violation_error_message="Too much work.",
            ),
        )

    def __str__(self) -> str:
        return self.title


class Bag(models.Model):
    """One column of every type that a client may fill, none of them required."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=20, blank=True)
    slug = models.SlugField(blank=True)
    small = models.SmallIntegerField(null=True)
    big = models.BigIntegerField(null=True)
    positive = models.PositiveIntegerField(null=True)
    real = models.FloatField(null=True)
    amount = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    instant = models.DateTimeField(null=True)
    clock = models.TimeField(null=True)
    span = models.DurationField(null=True)
    token = models.UUIDField(null=True)
    facts = models.JSONField(null=True)
    level = models.IntegerField(choices=[(1, "Low"), (2, "High")], null=True)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, to_field="name", related_name="bags")

    class Meta:
        constraints = (models.UniqueConstraint(Lower("name"), "level", name="bag_name_once_a_level"),)

    def __str__(self) -> str:
        return self.name


class Chore(Task):
    """A task with a table of its own beside that of all tasks."""

    room = models.CharField(max_length=20, unique=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(lookups.Exact(Lower("room"), models.Value("attic"))),
                name="chore_not_in_the_attic",
                violation_error_message="Nobody goes there.",
            ),
        )


class Receipt(models.Model):
    """What says that a chore was done; not every chore has one."""

    chore = models.OneToOneField(Chore, on_delete=models.CASCADE, related_name="receipt")
    title = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.title


class Article(models.Model):
    """What the guide to class-based views is about; here an author is a name."""

    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    author = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, default="draft")
    slug = models.SlugField(blank=True)
    published = models.BooleanField(default=False)
    featured = models.BooleanField(default=False)
    is_published = models.BooleanField(default=False)
    scheduled_time = models.DateTimeField(null=True)
    tags = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class OwnedArticle(models.Model):
    """An article of the same guide, where an author is a user."""

    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    # Tables without migrations are made before those of the users, whom no constraint can point to then.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    status = models.CharField(max_length=20, default="draft")
    slug = models.SlugField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class Document(models.Model):
    """What the guide submits, approves, rejects and locks."""

    title = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="draft")
    rejection_reason = models.TextField(blank=True)
    locked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title


class Member(models.Model):
    """A user of the guide's, who has preferences."""

    username = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    preferences = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.username


class Person(models.Model):
    """Somebody with a name."""

    name = models.CharField(max_length=50)
    password = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return self.name


class Shelf(models.Model):
    """A place in a museum, inside another one."""

    name = models.CharField(max_length=50)
    inside = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="shelves")

    def __str__(self) -> str:
        return self.name


class Relic(models.Model):
    """What a museum has, with every type of column that a bag lacks."""

    name = models.CharField(max_length=50, help_text="What the sign says.")
    size = models.PositiveSmallIntegerField(default=1)
    doubled = models.GeneratedField(
        expression=models.F("size") * 2, output_field=models.IntegerField(), db_persist=True
    )
    found = models.CharField(max_length=10, choices=[("dug", "Dug up"), ("bought", "Bought")], db_default="dug")
    seal = models.BinaryField(editable=True, null=True, blank=True)
    picture = models.FileField(blank=True)
    email = models.EmailField(blank=True)
    site = models.URLField(blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    inventory_key = models.CharField(max_length=20, blank=True)
    cleaned = models.DateTimeField(null=True, editable=False)
    seen_on = models.DateField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    shelf = models.ForeignKey(Shelf, models.CASCADE, null=True, blank=True, related_name="relics")
    labels = models.ManyToManyField(Label, related_name="relics", blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def sign(self) -> str:
        """What the sign says, louder."""
        return self.name.upper()


class Insurance(models.Model):
    """What is paid if a relic breaks; not every one is insured."""

    relic = models.OneToOneField(Relic, models.CASCADE, related_name="insurance")
    amount = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self) -> str:
        return str(self.amount)


class LoudField(models.CharField):
    """Text that is stored in small letters and shown in capitals."""

    def get_prep_value(self, value: Any) -> Any:
        """Small letters."""
        text = super().get_prep_value(value)
        return text.lower() if isinstance(text, str) else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Capitals."""
        return None if value is None else value.upper()


class OpenTickets(models.Manager["Ticket"]):
    """Tickets that nobody has closed."""

    def get_queryset(self) -> "models.QuerySet[Ticket]":
        """Those alone."""
        return super().get_queryset().filter(closed=False)


class Ticket(models.Model):
    """What somebody waits for, in columns of uncommon kinds."""

    code = LoudField(max_length=20)
    text = models.TextField(db_column="words", blank=True)
    closed = models.BooleanField(default=False)
    rate = models.DecimalField(max_digits=4, decimal_places=4, default=0)
    holder = models.ForeignKey(Person, models.CASCADE, null=True, related_name="tickets")

    objects = OpenTickets()
    every = models.Manager["Ticket"]()

    class Meta:
        ordering = ("holder__name", "id")

    def __str__(self) -> str:
        return self.code


class UrgentTicket(Ticket):
    """The same rows by another name, in another order."""

    class Meta:
        proxy = True
        ordering = ("-rate", "id")


class Photo(models.Model):
    """A picture that somebody uploads, and what is found out about it."""

    image = models.ImageField(upload_to="photos", width_field="width", height_field="height")
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    title = models.CharField(max_length=20, unique=True, null=True, blank=True)
    original_name = models.CharField(max_length=100, blank=True)
    # Tables without migrations are made before those of the users, whom no constraint can point to then.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    labels = models.ManyToManyField(Label, related_name="photos", blank=True)

    def __str__(self) -> str:
        return str(self.title or self.image.name)


class Attachment(models.Model):
    """A file of whatever type, of nobody."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    file = models.FileField(upload_to="attachments")

    def __str__(self) -> str:
        return str(self.file.name)


DRAWER = str(Path(__file__).parent)
"""Where the files of a specimen may lie: beside this one."""


class Specimen(models.Model):
    """What a museum keeps in a drawer, with the types of columns that bags and relics lack."""

    number = models.SmallAutoField(primary_key=True)
    huge = models.PositiveBigIntegerField(null=True)
    tiny = models.PositiveSmallIntegerField(null=True)
    notes = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    site = models.URLField(blank=True)
    address = models.GenericIPAddressField(null=True)
    address_4 = models.GenericIPAddressField(protocol="IPv4", null=True)
    picture = models.ImageField(blank=True)
    paper = models.FileField(null=True)
    script = models.FilePathField(path=DRAWER, match=r".*\.py$", blank=True)
    loud = LoudField(max_length=20, null=True)
    grade = models.CharField(
        max_length=5, choices=[("Good", [("a", "Best"), ("b", "Fine")]), ("c", "Poor")], blank=True
    )
    codes = models.CharField(max_length=20, validators=[validate_comma_separated_integer_list], blank=True)
    facts = models.JSONField(encoder=DjangoJSONEncoder, default=dict)
    weight = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    seal = models.BinaryField(null=True)
    kin = models.ForeignKey("self", models.CASCADE, null=True, related_name="kindred")
    label = models.ForeignKey(Label, models.CASCADE, to_field="name", null=True, related_name="specimens")
    bag = models.ForeignKey(Bag, models.CASCADE, null=True, related_name="specimens")
    relic = models.OneToOneField(Relic, models.CASCADE, null=True, related_name="specimen")
    found_with = models.ManyToManyField("self", blank=True)
    labels = models.ManyToManyField(Label, related_name="labelled", blank=True)

    def __str__(self) -> str:
        return str(self.number)


class Booking(models.Model):
    """A table for somebody, held by every kind of constraint, with and without words of its own."""

    table_number = models.PositiveIntegerField()
    day = models.IntegerField()
    guest = models.CharField(max_length=20, blank=True)
    cancelled = models.BooleanField(default=False)
    first_hour = models.IntegerField(default=18)
    last_hour = models.IntegerField(default=20)
    voucher = models.CharField(max_length=20, unique=True, null=True)  # noqa: DJ001 - several may have none
    label = models.ForeignKey(Label, models.PROTECT, null=True, related_name="bookings")

    class Meta:
        unique_together = (("guest", "first_hour", "last_hour"),)
        constraints = (
            models.UniqueConstraint(
                fields=["table_number", "day"],
                condition=models.Q(cancelled=False),
                name="booking_table_once_a_day",
                violation_error_message="That table is booked.",
            ),
            models.UniqueConstraint(
                Lower("guest"),
                "day",
                name="booking_guest_once_a_day",
                violation_error_message="You are coming already.",
            ),
            models.CheckConstraint(
                condition=models.Q(last_hour__gt=models.F("first_hour")), name="booking_secret_hours"
            ),
            models.CheckConstraint(condition=models.Q(day__lte=31), name="booking_secret_day"),
        )

    def __str__(self) -> str:
        return self.guest
