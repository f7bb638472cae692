"""A verifier of receipts and logs, written from docs/PROTOCOL.md alone.

It shares no code with the rest of the project, so that an agreement between the two says
something about the specification. Section numbers in this package are those of that page.
"""
