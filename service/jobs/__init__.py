"""The life of a job. The database row is the queue and says who owns it; the broker is only a doorbell."""
