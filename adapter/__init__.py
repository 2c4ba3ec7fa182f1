"""epos-adapter: a payment provider's Pay-at-Table requests, answered from the EPOS database a restaurant already has."""

__version__ = "0.1.0"
