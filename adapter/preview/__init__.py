"""`epos-adapter preview`: the restaurant as the adapter sees it now.

Asked of the same book that answers card machines, so that what is shown is what is answered.
"""
