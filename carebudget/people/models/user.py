"""People who sign in, and the roles they hold."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from carebudget import clock
from carebudget.ids import uuid7


class Role(models.TextChoices):
    """What a person is here for. One person may hold several."""

    CLIENT = "client", "Person with a budget"
    REPRESENTATIVE = "representative", "Family or friend who helps"
    WORKER = "worker", "Social worker"
    MANAGER = "manager", "Team manager"
    PANEL = "panel", "Panel member"
    FINANCE_OFFICER = "finance_officer", "Finance officer"
    FINANCE_MANAGER = "finance_manager", "Finance manager"
    PROVIDER = "provider", "Provider"
    AUDITOR = "auditor", "Auditor"


STAFF_ROLES = frozenset(
    {
        Role.WORKER,
        Role.MANAGER,
        Role.PANEL,
        Role.FINANCE_OFFICER,
        Role.FINANCE_MANAGER,
        Role.AUDITOR,
    }
)
"""Council staff: they must use a second factor."""


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever the case it is typed in."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with this e-mail; without a password they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """For maintenance from a shell only; superusers hold no role on the pages."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who can sign in. ``public_id`` is what the record keeps."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    full_name = models.CharField("full name", max_length=120)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        return self.full_name

    @property
    def roles(self) -> frozenset[str]:
        """The roles held, read once per object."""
        if not hasattr(self, "_roles"):
            self._roles = frozenset(self.role_holdings.values_list("role", flat=True))
        return self._roles

    @property
    def is_council_staff(self) -> bool:
        """Whether any role held is a council role."""
        return bool(self.roles & STAFF_ROLES)

    @property
    def is_staff(self) -> bool:
        """Django's own admin is not served; nobody has its access."""
        return False


class Team(models.Model):
    """A team of social workers with a manager."""

    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class RoleHolding(models.Model):
    """One role held by one person, in a team where the role has one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_holdings")
    role = models.CharField(max_length=20, choices=Role.choices)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_held_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
