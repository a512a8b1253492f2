"""Alembic's environment: the tables of `service.store`, on the connection that `service.store.migrate` hands over."""

from alembic import context

from service.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    # The caller's transaction holds all revisions: an upgrade that fails leaves nothing behind, on SQLite too.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
