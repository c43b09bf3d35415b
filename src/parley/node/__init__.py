"""One party's mind: entry types (the schema of the log), `State` and `fold`, `step` and its rules.

Pure: time, bytes and randomness come in as values. `step` is the one door.
"""
