"""Codecs: small plug-ins that make plain data of one encoded value of a database. None knows what the data means."""
