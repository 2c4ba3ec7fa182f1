"""Writes and judges network addresses. Opens no connection and looks no name up."""

from __future__ import annotations

import ipaddress

from websockets.asyncio.connection import Connection


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


def peer_of(ws: Connection) -> str:
    """The other end's address, empty when it is already gone."""
    address = ws.remote_address
    return host_and_port(*address[:2]) if address else ""
