"""The commands of `pytest-rest`: a module each, which is imported when its command is given.

A module has `declare(parser)`, which adds its arguments, and `run(arguments)`, whose result is the
exit status: 0 good, 1 missed. What is wrong for a person to mend is a `RestError`, and exits 4.
"""

GOOD, MISSED, WRONG_USAGE = 0, 1, 4
COMMANDS = {
    "list": "the runs that are kept here",
    "show": "an item of a run: its answers, its pictures' paths, what was misread",
    "render": "draw a text in a style to a PNG file: to see what models see",
    "compare": "what changed from one run to another, paired by item; asks nothing",
    "baseline": "write a run's baseline, a small file for --rest-baseline and for git",
    "merge": "make one report of the shards of a run, and judge it",
    "report": "write the page of a stored run, report.html, or a copy that has its pictures in it",
    "representations": "how alike a model's hidden states are for pictures and texts",
}
