"""The provider's Tables API."""
