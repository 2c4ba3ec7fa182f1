"""The payment provider's side of Pay at Table, for tests and demonstrations. Shares no code with the adapter."""
