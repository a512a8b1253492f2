"""The database's clock: the only one that leases, back-offs and orders are measured by."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class now(FunctionElement[float]):  # noqa: N801 (reads as the SQL function it is)
    """Seconds since the epoch at the start of the statement, by the database's clock."""

    type = Double()
    inherit_cache = True


# unixepoch('subsec') answers NULL on SQLite < 3.42, and a NULL lease never expires.
@compiles(now, "sqlite")
def _sqlite(_element: now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


# Not clock_timestamp(): it is volatile, so that no index could serve a comparison with it. Not now(): in a
# transaction that waited for a lock it lies in the past.
@compiles(now, "postgresql")
def _postgresql(_element: now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "extract(epoch FROM statement_timestamp())::double precision"
