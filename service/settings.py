"""Settings: environment variables with the prefix `GRADCLINIC_`. Nothing is needed for the embedded default."""

from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.errors import InsecureBinding


class Settings(BaseSettings):
    """Read once by the composition roots (CLI, API app, supervisor, Celery app); everything else gets values."""

    model_config = SettingsConfigDict(env_prefix="GRADCLINIC_", frozen=True, env_ignore_empty=True)

    data_dir: Path = Field(Path(".data"), description="Where database, broker and datasets live.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the data directory.")
    broker_url: str = Field("", description="Redis or Valkey URL; empty: the embedded Valkey in the data directory.")
    host: str = Field("127.0.0.1", description="Address the API binds to; loopback only unless API keys are set.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the API.")
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field((), description="Accepted API keys, comma separated.")
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="Where workers train: auto, cpu, cuda, cuda:0 …"
    )
    workers: int = Field(1, ge=1, le=64, description="Worker processes of the embedded mode.")
    log_format: Literal["console", "json"] = Field("console", description="Log lines for people or for machines.")

    max_body_bytes: int = Field(1 << 20, ge=1024, description="Largest request body but an upload.")
    max_data_bytes: int = Field(1 << 29, ge=1, description="Most bytes of one run's samples and targets.")
    max_parameters: int = Field(100_000_000, ge=1, description="Most trainable parameters of one network.")
    max_batch_bytes: int = Field(
        2 << 30, ge=1, description="Most bytes that all layers put out and keep for one forward pass."
    )
    max_memory_bytes: int = Field(8 << 30, ge=1, description="Most bytes that one training holds in memory.")
    max_steps: int = Field(1_000_000, ge=1, description="Most optimizer steps of one job.")
    max_trace_bytes: int = Field(2 << 30, ge=1 << 20, description="Most trace bytes one job may record.")
    max_upload_bytes: int = Field(256 << 20, ge=1024, description="Largest file of an uploaded dataset.")
    max_datasets: int = Field(1000, ge=1, description="Most uploaded datasets kept at once.")
    max_datasets_bytes: int = Field(16 << 30, ge=1, description="Most bytes of all uploaded datasets together.")
    max_queued_jobs: int = Field(1000, ge=1, description="Most jobs waiting at once, per API key.")
    rate_limit: str = Field("1200/minute", description="Requests per API key (or address), as `count/period`.")
    max_streams: int = Field(100, ge=1, description="Most simultaneous event streams of one API process.")

    lease_seconds: float = Field(30, gt=0, description="How long a silent worker keeps its job.")
    heartbeat_seconds: float = Field(5, gt=0, description="How often a worker renews its lease.")
    stall_seconds: float = Field(600, gt=0, description="A job without a finished chunk for this long is given up.")
    reap_seconds: float = Field(5, gt=0, description="How often expired leases are looked for.")
    ring_seconds: float = Field(30, gt=0, description="A queued job is announced again after this time.")
    chunk_steps: int = Field(256, ge=1, le=65536, description="Trace rows held on the device between two copies.")
    chunk_seconds: float = Field(1.0, gt=0, description="Longest time between two copies.")

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'gradclinic.sqlite3'}"

    def refuse_insecure_binding(self) -> None:
        """Raises `InsecureBinding` when the API would listen beyond loopback without API keys."""
        loopback = self.host == "localhost" or _is_loopback(self.host)
        if not loopback and not self.api_keys:
            raise InsecureBinding(
                f"GRADCLINIC_HOST={self.host} is reachable from outside, so GRADCLINIC_API_KEYS must be set."
            )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
