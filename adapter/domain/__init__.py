"""The meaning: tables, sessions, bills, money and the rules between them. Knows neither wire nor database."""
