"""Tell what a person newly wrote from what her mail program quoted beneath it.

Pure text work: no I/O, no configuration, no knowledge of tickets.  The doors call
`split_reply`; what each module does is said at its top, the rules in docs/replies.md.
"""

from tickets.quotes.split import Newest, split_reply

__all__ = ["Newest", "split_reply"]
