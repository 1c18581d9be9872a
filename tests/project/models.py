"""Two tables with one of everything that the library must handle."""

from django.core.validators import MinValueValidator
from django.db import models


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
