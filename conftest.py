"""The repository's own test settings: pytester, and one Hypothesis profile for each place."""

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

EXAMPLES = 100 if os.environ.get("ALL_TESTS") else 25
settings.register_profile("rest-local", deadline=None, max_examples=EXAMPLES)
settings.register_profile(
    "rest-ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    max_examples=EXAMPLES,
)
settings.load_profile("rest-ci" if os.environ.get("CI") else "rest-local")
