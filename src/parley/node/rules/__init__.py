"""What a party does about each thing: one file per subject, functions of (state, now, input)."""
