"""Makes what TLS needs of the files that an installation names: whom to trust, and what this side shows."""

from __future__ import annotations

import ssl
from pathlib import Path

from msgspec import Struct

from adapter.errors import AdapterError


class TlsFileError(AdapterError):
    """A file is not what TLS needs of it; `setting` names it in the configuration."""

    def __init__(self, setting: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.setting = setting


class TlsFiles(Struct, frozen=True, kw_only=True):
    """The files of one connection, in PEM; each may be missing."""

    ca: Path | None = None
    """Whom to trust, in place of those that this computer trusts."""
    certificate: Path | None = None
    """What this side shows of itself, with the certificates that lead to whom the other end trusts."""
    key: Path | None = None
    """The private key of that; None where it stands in the same file."""


def client_tls(files: TlsFiles) -> ssl.SSLContext | None:
    """What a dialled connection is secured by; None where no file says otherwise than this computer does.

    Raises TlsFileError.
    """
    if files.ca is None and files.certificate is None:
        return None
    context = ssl.create_default_context(cadata=None if files.ca is None else _authorities(files.ca))
    _show(context, files)
    return context


def server_tls(files: TlsFiles) -> ssl.SSLContext | None:
    """What those who connect in are shown; None without a certificate. Raises TlsFileError."""
    if files.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show(context, files)
    return context


def _authorities(file: Path) -> str:
    text = _read("ca", file)
    try:
        # Alone, so that what is wrong is known to be wrong with this file.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise TlsFileError("ca", f"{file} holds no certificates in PEM", _PEM) from None
    return text


def _show(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.certificate is None:
        return
    _read("certificate", files.certificate)
    if files.key is not None:
        _read("certificate_key", files.key)

    def refuse() -> bytes:
        # Otherwise OpenSSL asks on the terminal, and the service waits for ever.
        raise TlsFileError(
            "certificate_key" if files.key is not None else "certificate",
            "the private key is protected by a passphrase, which nobody is there to type",
            "keep it without one, in a file that only the adapter's user can read",
        )

    try:
        context.load_cert_chain(files.certificate, files.key, password=refuse)
    except ssl.SSLError as problem:
        if problem.reason == "KEY_VALUES_MISMATCH":
            raise TlsFileError(
                "certificate_key" if files.key is not None else "certificate",
                "the private key does not belong to the certificate",
            ) from None
        where = files.certificate if files.key is None else f"{files.certificate} and {files.key}"
        raise TlsFileError("certificate", f"no certificate with its private key in {where}", _PEM) from None


_PEM = "PEM is text: it begins with -----BEGIN"


def _read(setting: str, file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="ignore")
    except OSError as problem:
        raise TlsFileError(setting, f"{file} cannot be read: {problem.strerror or type(problem).__name__}") from None
