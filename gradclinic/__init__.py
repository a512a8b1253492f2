"""A client of Gradient Clinic, for notebooks and scripts.

from gradclinic import Client
job = Client().submit("experiment.json").wait()
job.trace("grad_norm").plot()
"""

from gradclinic.client import Client
from gradclinic.errors import ClinicError, JobFailed, Refused, Unreachable
from gradclinic.job import Job

__all__ = ["Client", "ClinicError", "Job", "JobFailed", "Refused", "Unreachable"]
