"""E-mail by SMTP."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar, Final

from assay.alerting._message import Letter
from assay.alerting._render import render_email
from assay.alerting._thread import Step
from assay.alerting._transport import Receipt, SendLater
from assay.errors import DeliveryError

_TIMEOUT: Final = 30
_MESSAGE_REFUSED: Final = frozenset({552, 554})
_MENDABLE: Final = re.compile(r"\b5\.(2\.2|7\.\d+)\b")
"""Status codes (RFC 3463) of a full mailbox, and of what the server's policy doesn't let in."""


@dataclass(frozen=True)
class Smtp:
    """Sends e-mail, encrypted from the first byte or where the server offers STARTTLS.

    A password is never sent unencrypted, except to this very machine.

    Parameters
    ----------
    sender : str
        The From address.
    implicit_tls : bool
        Whether the connection is encrypted from its first byte, as on port 465.
    tls : ssl.SSLContext, optional
        Trust other than the system's.
    """

    edits: ClassVar[bool] = False
    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    implicit_tls: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def send(self, letter: Letter, step: Step, now: datetime) -> Receipt:
        """Send the letter to all of its addresses at once.

        An address that the server refuses keeps it from nobody else; the receipt counts them.

        Raises
        ------
        SendLater
            The server is out of reach, or refuses for now, or refuses the connection, the login or
            the sender, or offers no encryption for the password.
        DeliveryError
            The server has read the message, and refuses what it says.
        """
        mail = _compose(letter, self.sender, now, step.follows)
        try:
            refused = self._hand_over(mail)
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, str(error.smtp_error)
            if code in _MESSAGE_REFUSED and not _MENDABLE.search(said):
                raise DeliveryError("the mail server refuses the message", got=code) from None
            raise SendLater(f"the mail server answered {code}", only_this=True) from None
        except smtplib.SMTPResponseException as error:  # it hasn't read the message yet
            raise SendLater(f"the mail server answered {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            refusal = f"the mail server refuses every address ({', '.join(map(str, codes))})"
            raise SendLater(refusal, only_this=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise SendLater(f"the mail server didn't take it ({type(error).__name__})") from None
        return {"transport": "smtp", "message_id": mail["Message-ID"], "refused": refused}

    def _hand_over(self, mail: EmailMessage) -> int:
        """Send it; how many of its addresses the server refused."""
        server = self._connect()
        try:
            refused = len(server.send_message(mail))
            # It is sent: what goes wrong from here on must not send it again.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()
        return refused

    def _connect(self) -> smtplib.SMTP:
        """A connection, encrypted and logged in where it can be."""
        if self.implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=_TIMEOUT, context=self._trust()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT)
        try:
            self._secure(server)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        encrypted = self.implicit_tls
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=self._trust())
            server.ehlo()
            encrypted = True
        if self.user and not encrypted and not _is_loopback(self.host):
            why = "the mail server offers no encryption, and the password would be sent in clear"
            raise SendLater(why)
        if self.user:
            server.login(self.user, self.password or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _compose(letter: Letter, sender: str, now: datetime, follows: Receipt | None) -> EmailMessage:
    subject, text, html = render_email(letter)
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(letter.to)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(now)
    # Made from the key: if a kill makes it go out twice, the reader's mail program shows one.
    digest = hashlib.sha256(letter.key.encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@assay.invalid>"
    if follows and follows.get("message_id"):
        mail["In-Reply-To"] = mail["References"] = follows["message_id"]
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail
