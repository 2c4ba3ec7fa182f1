"""Turns frames into requests and answers into frames. Knows neither sockets nor SQL."""
