"""How often Python looks for objects that only hold one another."""

import gc


def collect_seldom() -> None:
    """For the program's long work: what an import has read, and what an answer is made of, lives to its end.

    Python's own thresholds look through these hundreds of thousands of objects again and again and find nothing: a
    sixth of the time of an unchanged import of 50,000 employments.
    """
    gc.set_threshold(100_000, 50, 20)


def keep_what_is_loaded() -> None:
    """For a service: what is there when it begins (modules, the schema) stays, and is looked through no more.

    Otherwise each full collection stops every answer while it does so.
    """
    gc.collect()
    gc.freeze()
