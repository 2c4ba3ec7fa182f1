"""The demonstration: a real database, a real EPOS, the adapter and a stand-in for the provider, on one machine."""
