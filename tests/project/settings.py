"""The shop's own settings with a tiny second app beside it, for tests of the library."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="ironbolt-tests-"))
os.environ.setdefault("THROTTLES", "off")

from bookstore.project.settings.local import *  # noqa: F403 - the directory must be named first
from bookstore.project.settings.local import INSTALLED_APPS as SHOP_APPS

DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
INSTALLED_APPS = [*SHOP_APPS, "ironbolt.features.ratings", "tests.project", "tests.newsroom", "tests.drf.seed"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECRET_KEY = "a key for tests only, long enough for every algorithm that signs with it"
