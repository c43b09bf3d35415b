"""The only room with a clock, sockets, threads, randomness, configuration and exit codes.

The loop: collect inputs, `step`, append, then send and publish.
"""
