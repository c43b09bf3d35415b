"""`python -m parley`: the same program as `parley`."""

from parley.app.cli.main import main

main()
