"""`epos-adapter inspect`: looks at an unknown database and drafts a mapping.

Reading is at the ends (`reading`, `inspecting`); what is guessed, and why, are functions of what was read.
"""

from adapter.inspect.command import draft_to_file

__all__ = ["draft_to_file"]
