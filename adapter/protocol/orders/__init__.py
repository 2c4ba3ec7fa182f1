"""The EPOS Data API over WebSockets."""
