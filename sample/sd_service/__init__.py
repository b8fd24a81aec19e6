"""A stand-in for SD Løn's web services (sd.md §7), for tests, the sample and the demo.

``state`` holds what payroll knows, ``requests`` checks what is asked, ``operations`` answers, ``misbehaviour`` does
wrong on command, ``app`` serves it.
"""
