"""A stand-in for SD Løn's web services (sd.md §7), for tests, the sample and the demo.

``state`` is payroll's data, ``requests`` checks requests, ``operations`` makes the answers, ``misbehaviour`` spoils
them on command, and ``app`` serves it all.
"""
