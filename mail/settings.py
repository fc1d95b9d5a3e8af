"""What an operator may say about mailboxes and the way out.

Values only: nothing here connects, reads a secret's source or knows a default server.  The
config loader has already put the value of `{ env = … }` and `{ file = … }` in a secret's place.
"""

from __future__ import annotations

import ipaddress
import ssl
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Decoration = Literal["seen", "keyword", "move", "off"]

_Port = Annotated[int, Field(ge=1, le=65535)]
_Seconds = Annotated[float, Field(gt=0)]


class _Section(BaseModel):
    """A section of the config: no unknown keys, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OAuth2Settings(_Section):
    """Where access tokens come from, for servers that want no password (XOAUTH2)."""

    client_id: str = Field(min_length=1, description="The client id that the provider gave.")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Its secret; public clients have none."
    )
    refresh_token: SecretStr = Field(description="The refresh token of the mailbox's consent.")
    token_url: str = Field(description="The provider's token endpoint (https).")
    scope: str = Field(default="", description="Scopes to ask for, space separated, if needed.")

    @model_validator(mode="after")
    def _never_in_clear(self) -> Self:
        scheme, _, rest = self.token_url.partition("://")
        host = rest.partition("/")[0].rpartition("@")[2]
        if scheme != "https" and not (scheme == "http" and is_loopback(_without_port(host))):
            raise ValueError("token_url must be https")
        return self


class SmtpSettings(_Section):
    """The way out: one SMTP submission server."""

    host: str = Field(default="127.0.0.1", min_length=1, description="The SMTP server.")
    port: _Port = Field(default=587, description="Its port: 465 with tls, 587 with starttls.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="starttls",
        description="tls from the first byte, starttls (required, never skipped), or none "
        "(only to this machine).",
    )
    username: str = Field(default="", description="The account; empty means no login.")
    password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    oauth2: OAuth2Settings | None = Field(default=None, description="Instead of a password.")
    from_: str = Field(
        default="",
        alias="from",
        description="The From of letters, `Name <address>` or an address; "
        "empty means the mailbox's address.",
    )
    ca_file: str = Field(
        default="", description="A PEM file to trust instead of the system's authorities."
    )
    hello: str = Field(
        default="", description="The name to greet with (EHLO); empty: the domain of From."
    )
    timeout_seconds: _Seconds = Field(
        default=60, description="How long one answer of the server may take."
    )
    data_seconds: _Seconds = Field(
        default=300,
        description="How long the answer to the whole letter may take; "
        "too short a time makes doubles.",
    )

    @model_validator(mode="after")
    def _never_in_clear(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security "none" is allowed to this machine only')
        _refuse_two_secrets(self.password, self.oauth2)
        return self

    def overridden_by(self, overrides: SmtpOverrides) -> SmtpSettings:
        """Return these settings with what one mailbox says otherwise."""
        said = overrides.model_dump(exclude_unset=True, exclude_none=True)
        if not said:
            return self
        if "oauth2" in said:
            said.setdefault("password", SecretStr(""))
        elif "password" in said:
            said.setdefault("oauth2", None)
        return SmtpSettings.model_validate(self.model_dump() | said)


class SmtpOverrides(_Section):
    """What one mailbox does otherwise than `[smtp]`; a key left out stays as it is there."""

    host: str | None = Field(default=None, description="Another SMTP server.")
    port: _Port | None = Field(default=None, description="Its port.")
    security: Literal["tls", "starttls", "none"] | None = Field(
        default=None, description="tls, starttls or none, as in [smtp]."
    )
    username: str | None = Field(default=None, description="Another account.")
    password: SecretStr | None = Field(default=None, description="Its password.")
    oauth2: OAuth2Settings | None = Field(default=None, description="Instead of a password.")
    from_: str | None = Field(
        default=None, alias="from", description="Another From for this mailbox's letters."
    )
    ca_file: str | None = Field(default=None, description="Another PEM file to trust.")
    hello: str | None = Field(default=None, description="Another name to greet with.")
    timeout_seconds: _Seconds | None = Field(default=None, description="As in [smtp].")
    data_seconds: _Seconds | None = Field(default=None, description="As in [smtp].")


class MailboxSettings(_Section):
    """One mailbox that is watched: where it is and what is done with its mails."""

    name: str = Field(
        min_length=1, max_length=64, description="Our name for it; stored, so it never changes."
    )
    address: str = Field(
        pattern=r"^[^\s<>@]+@[^\s<>@]+$", description="The address that people write to."
    )
    host: str = Field(min_length=1, description="The IMAP server.")
    port: _Port = Field(default=993, description="Its port.")
    security: Literal["tls", "none"] = Field(
        default="tls", description="tls, or none (only to this machine)."
    )
    username: str = Field(min_length=1, description="The account at the IMAP server.")
    password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    oauth2: OAuth2Settings | None = Field(default=None, description="Instead of a password.")
    folders: tuple[str, ...] = Field(
        default=("INBOX",),
        min_length=1,
        description="The folders to take mail from, as people see their names.",
    )
    authserv_id: str = Field(
        default="",
        description="The name by which our own mail server signs Authentication-Results; "
        "empty: none is believed.",
    )
    received_by: str = Field(
        default="",
        description="The name of our receiving server, as its Received lines spell it; "
        "they fix the day of receipt.",
    )
    sweep_seconds: _Seconds = Field(
        default=60, description="How often every folder is searched, also where IDLE works."
    )
    decorate: Decoration = Field(
        default="seen",
        description="The mark on a mail that we hold: seen, keyword, move (to processed_folder) "
        "or off. Marks are for people; what we hold stands in our own ledger.",
    )
    keyword: str = Field(
        default="$EJETHelpdesk",
        pattern=r"^[A-Za-z0-9$_.-]+$",
        description="The keyword that decorate = keyword sets.",
    )
    processed_folder: str = Field(
        default="Processed", description="Where decorate = move puts mails."
    )
    max_bytes: int = Field(
        default=25_000_000,
        ge=1_000,
        description="Above this size a mail is fetched in pieces and only its parse is cut; "
        "all its bytes are kept.",
    )
    ca_file: str = Field(
        default="", description="A PEM file to trust instead of the system's authorities."
    )
    smtp: SmtpOverrides = Field(
        default=SmtpOverrides(), description="What differs from [smtp] for this mailbox."
    )

    @model_validator(mode="after")
    def _never_in_clear(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security "none" is allowed to this machine only')
        if len(set(self.folders)) != len(self.folders):
            raise ValueError("folders names a folder twice")
        if self.decorate == "move" and self.processed_folder in self.folders:
            raise ValueError("processed_folder may not be one of the watched folders")
        _refuse_two_secrets(self.password, self.oauth2)
        return self


def is_loopback(host: str) -> bool:
    """Tell whether `host` can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Return a context that checks certificate and name; there is no way to switch that off."""
    return ssl.create_default_context(cafile=ca_file or None)


def _without_port(host: str) -> str:
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _refuse_two_secrets(password: SecretStr, oauth2: OAuth2Settings | None) -> None:
    if oauth2 is not None and password.get_secret_value():
        raise ValueError("give password or oauth2, not both")
