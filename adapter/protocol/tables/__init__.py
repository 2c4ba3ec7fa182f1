"""The Tables API: its messages (`wire`) and what they mean (`dialect`, `receipt`). Knows no other version."""
