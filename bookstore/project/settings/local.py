"""A developer's machine: debug pages, a key made on the spot, readable logs."""

from bookstore.project.settings import logs, secret_key
from bookstore.project.settings.base import *  # noqa: F403 - settings are made to be layered like this
from bookstore.project.settings.environment import DATA_DIR, env

DEBUG = True
SECRET_KEY: str = env.str("SECRET_KEY", default="") or secret_key.generated(DATA_DIR / "secret_key")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[".localhost", "127.0.0.1", "[::1]"])

# Style sheets straight from the apps, read anew on each request: nothing to collect first.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

LOGGING = logs.logging(env.str("LOG_LEVEL", default="INFO"), logs.TEXT)
