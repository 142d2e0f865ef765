"""What an instance has to make good of the state in which the component was built."""

import random


def begin() -> None:
    """To be called first in an instance."""
    # Every instance would draw the same numbers.
    random.seed()
