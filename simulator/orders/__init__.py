"""The provider's EPOS Data API."""
