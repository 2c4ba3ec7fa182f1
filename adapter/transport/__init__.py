"""Sockets to frames and back: dials out, listens, and answers frames through one async function of bytes."""
