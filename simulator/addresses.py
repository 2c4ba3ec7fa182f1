"""Reads network addresses, and says which of them only this computer can reach."""

from __future__ import annotations

import ipaddress

from simulator.errors import SimulatorError


def host_and_port(text: str) -> tuple[str, int]:
    """The two parts of an address to listen on, such as 127.0.0.1:8800.

    Raises SimulatorError for anything else, and for a host that other computers could reach: bills and keys cross the
    socket readable, and whoever reaches it can have payments recorded.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SimulatorError(f"{text} is no address to listen on", hint="a host and a port, such as 127.0.0.1:8800")
    if not is_loopback(host):
        raise SimulatorError(
            f"the simulator would listen on {host}, where other computers can reach it",
            hint="listen on 127.0.0.1, and forward the port where it is needed elsewhere",
        )
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this computer can be at, or reach, this host; False for every name but localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def joined(host: str, port: int) -> str:
    """Both as one, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
