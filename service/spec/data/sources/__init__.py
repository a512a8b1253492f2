"""One data source a file; each module offers its class as `SOURCE`."""
