"""One remedy a file; each module offers its class, or several of one kind, as `REMEDY`."""
