"""The errors of the program. Each states whether and when another try is worth it (``graph.retry``).

ProgramError
├── CommandFailed      next    ends a command with an exit code: wrong arguments, an unknown source or target
├── SettingsError      next    a setting is wrong
├── EmbeddedError      next    an embedded server can't be fetched, started or stopped
│   ├── DownloadFailed
│   ├── DiskFull
│   ├── PortTaken
│   ├── Damaged
│   └── DidNotStart
├── QueryRejected      next    the API rejects a query of the program itself
├── NoPlace            next    the demo finds no place for its accounts
├── LockTaken          soon    another run of the same job is under way
├── LockLost           soon    the run can't be sure that it is the only one
├── Interrupted        soon    the program was asked to end
├── MailFailed         soon    the mail server is away, or does not take the mail now
│   ├── MailPostponed  soon    the mail server takes it for none of the recipients now
│   └── MailRejected   next    the mail server refuses it for good, or no address can be used
├── SmsFailed          soon    the gateway for text messages is away, or rejects the message
└── NotScanned         soon    the virus scanner does not answer, or not in a way that says anything

Each class is in the module that raises it. Errors of sources, targets and the graph have trees of their own:
``importers.source``, ``exporters.errors``, ``graph.errors``.
"""

from graph.retry import NEXT, Retry


class ProgramError(Exception):
    """Root. ``retry``: whether and when another try is worth it."""

    retry: Retry = NEXT
