"""The arena: fastact beside its peers, each in a process of its own, in turns; `python -m benchmarks.arena --help`."""
