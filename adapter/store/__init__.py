"""The only package that speaks SQL at run time."""
