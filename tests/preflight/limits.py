"""The limits of a service with default settings."""

from service.preflight.admission import Limits

LIMITS = Limits(
    max_data_bytes=2**29,
    max_parameters=10**8,
    max_batch_bytes=2**31,
    max_memory_bytes=2**33,
    max_steps=10**6,
    max_trace_bytes=2**31,
)
