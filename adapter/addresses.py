"""Writes and judges network addresses. Opens no connection and looks no name up."""

from __future__ import annotations

import ipaddress


def host_and_port(host: str, port: int) -> str:
    """Both as one, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this computer itself can be at, or reach, this host; False for every other name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def peer_of(remote: tuple[str, int] | tuple[str, int, int, int] | None) -> str:
    """The other end's address as a socket tells it, empty when it is already gone."""
    return host_and_port(*remote[:2]) if remote else ""
