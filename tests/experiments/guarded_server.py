"""A tracking server that asks who is there: MLflow's own, with users and permissions."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

from tests.experiments.tracking_peers import mlflow_server

KEEPER, KEEPER_PASSWORD = "keeper", "canary-of-the-keeper"
READER, READER_PASSWORD = "reader", "canary-of-the-reader"

SETTINGS = """\
[mlflow]
default_permission = READ
database_uri = sqlite:///{users}
admin_username = {keeper}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""

STAND_IN = '''"""Stands in for Flask-WTF, of which MLflow uses one class, for its sign-up form."""


class CSRFProtect:
    def init_app(self, app):
        """Guard nothing; the form below refuses."""

    def protect(self):
        raise RuntimeError("the sign-up form needs Flask-WTF")
'''
"""Users, passwords and permissions are MLflow's own with it; it is used where Flask-WTF is not."""


@contextmanager
def guarded_server(folder: Path, port: int) -> Iterator[subprocess.Popen]:
    """Run a server that lets in two users, the second of whom may only look."""
    folder.mkdir()
    config, stand_in = folder / "auth.ini", folder / "stand_in" / "flask_wtf"
    config.write_text(SETTINGS.format(users=folder / "users.db", keeper=KEEPER))
    settings = {
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_PASSWORD": KEEPER_PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "the same for every worker",
    }
    if find_spec("flask_wtf") is None:
        stand_in.mkdir(parents=True)
        (stand_in / "__init__.py").touch()
        (stand_in / "csrf.py").write_text(STAND_IN)
        settings["PYTHONPATH"] = str(stand_in.parent)
    with mlflow_server(folder, port, "", "--app-name", "basic-auth", **settings) as server:
        _post(port, "users/create", {"username": READER, "password": READER_PASSWORD})
        yield server


def _post(port: int, what: str, values: dict) -> None:
    secret = b64encode(f"{KEEPER}:{KEEPER_PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/api/2.0/mlflow/{what}"
    with urlopen(Request(address, json.dumps(values).encode(), headers), timeout=60) as answer:
        assert answer.status == 200
