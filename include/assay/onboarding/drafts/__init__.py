"""The texts of a data set's first files: contract, suites and policies."""
