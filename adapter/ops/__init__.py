"""What the program says of itself to the people who run it."""
