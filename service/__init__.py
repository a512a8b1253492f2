"""Everything that can be said without torch: specs, remedies, traces, diagnosis, storage, jobs and the HTTP API."""
