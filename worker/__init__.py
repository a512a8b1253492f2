"""Everything that needs torch: build, train, trace. Imports `service`; is never imported by it."""
