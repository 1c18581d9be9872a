"""Where the settings read the environment: the variables, and `.env` in the root of the repository if it exists."""

from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parents[3]

env = environ.Env()
if (ROOT / ".env").is_file():
    env.read_env(ROOT / ".env")

# A relative DATA_DIR is meant from the root, wherever the command was started.
DATA_DIR = ROOT / Path(env.str("DATA_DIR", default="") or "var").expanduser()
