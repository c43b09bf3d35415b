"""The command line: one file per command; results on stdout, talk on stderr."""
