"""What happened, in few words."""

from gradclinic.events import Event


def told(finding: Event) -> str:
    """A finding that came, or was withdrawn."""
    data = finding.data
    return f"{'no longer' if data.get('withdrawn') else data['severity']}: {data['rule']} ({data['cause']})"


def pace(progress: Event) -> str:
    """How fast it goes; empty where nobody knows."""
    speed = progress.data.get("steps_per_second")
    return f"{speed:,.0f} steps/s" if speed else ""
