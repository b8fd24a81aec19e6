"""The demonstration on the sample municipality."""
