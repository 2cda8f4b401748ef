import json
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from own_servers import free_port

from assay.alerting import AlertContext
from assay.catalog import Catalog
from assay.lake import Lake
from assay.policy.alerting import AlertingPolicy

NOW = datetime(2013, 2, 9, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def policy() -> AlertingPolicy:
    return AlertingPolicy.model_validate(
        {
            "opens": ["FAIL", "INCONCLUSIVE"],
            "runbooks": "https://git.example.org/docs/runbooks",
            "routes": [
                {"outcomes": ["FAIL"], "slack": "#flights"},
                {"email": ["ann@example.org", "bob@example.org"]},
            ],
        }
    )


@pytest.fixture
def context() -> AlertContext:
    return AlertContext(
        owner="Flight operations", at=NOW, run_url="https://airflow.example.org/runs/7"
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog") / "migrated.sqlite"
    Catalog(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture
def catalog(migrated: Path, tmp_path: Path) -> Catalog:
    copy = tmp_path / "catalog.sqlite"
    shutil.copyfile(migrated, copy)
    return Catalog(f"sqlite:///{copy}")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


@dataclass
class Slack:
    """Speaks the shapes of chat.postMessage, chat.update and an incoming webhook."""

    url: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    messages: dict[str, Any] = field(default_factory=dict)
    delay: float = 0.0
    resets: int = 0

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        self.calls.append((path, body))
        time.sleep(self.delay)
        if self.answers:
            return self.answers.pop(0)
        if path.startswith("/services/"):
            return 200, {}, "ok"
        if path == "/api/chat.update":
            if body["ts"] not in self.messages:
                return 200, {}, {"ok": False, "error": "message_not_found"}
            self.messages[body["ts"]] = body["blocks"]
            return 200, {}, {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        ts = f"1360389600.{len(self.messages):06}"
        self.messages[ts] = body["blocks"]
        return 200, {}, {"ok": True, "channel": "C024BE91L", "ts": ts}


def _decoded(raw: bytes, kind: str) -> dict[str, Any]:
    if "json" in kind:
        return dict(json.loads(raw))
    form = {k: v[0] for k, v in parse_qs(raw.decode()).items()}
    return {k: json.loads(v) if k == "blocks" else v for k, v in form.items()}


@pytest.fixture
def slack() -> Iterator[Slack]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = _decoded(raw, self.headers.get("Content-Type", ""))
            body["authorization"] = self.headers.get("Authorization")
            status, headers, answer = state.answer(self.path, body)
            if state.resets:
                state.resets -= 1
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.connection.close()
                return
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Slack(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.refuse: str | None = None
        self.tls: list[bool] = []
        self.unknown: set[str] = set()
        self.sender: str | None = None

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.sender or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        self.tls.append(session.ssl is not None)
        self.mails.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    path.write_bytes(secret + cert.public_bytes(pem))
    return path


@pytest.fixture
def tls_mailbox(certificate: Path) -> Iterator[tuple[Mailbox, int]]:
    with _mailbox(tls_context=_trusted(certificate), require_starttls=True) as found:
        yield found


@pytest.fixture
def smtps_mailbox(certificate: Path) -> Iterator[tuple[Mailbox, int]]:
    """As on port 465: encrypted from the first byte, no STARTTLS."""
    # `auth_require_tls` counts STARTTLS alone.
    with _mailbox(ssl_context=_trusted(certificate), auth_require_tls=False) as found:
        yield found


@contextmanager
def _mailbox(**more: Any) -> Iterator[tuple[Mailbox, int]]:
    """A mail server that asks for a login, and its port."""
    box = Mailbox()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=lambda _server, _session, _envelope, _mechanism, data: _login(data),
        auth_required=True,
        **more,
    )
    controller.start()
    yield box, controller.port
    controller.stop()


def _trusted(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def _login(data: Any) -> Any:
    from aiosmtpd.smtp import AuthResult

    known = data.login == b"assay" and data.password == b"hush"
    return AuthResult(success=known, handled=known)
