"""What is kept, in SQLite or PostgreSQL: tables, transactions and queries. Nothing here decides anything."""
