"""A database put back to what it was, while its server keeps running."""

import psycopg

REMEMBER = """
CREATE SCHEMA fresh;
CREATE TABLE fresh."sequence values" AS
    SELECT format('%I.%I', schemaname, sequencename) AS name, last_value
    FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE fresh.%1$I AS TABLE public.%1$I', name);
    END LOOP;
END $$;
"""

RESTORE = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no foreign keys, no triggers
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM fresh.%1$I', name);
    END LOOP;
    PERFORM setval(sequence.name::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
        FROM fresh."sequence values" AS sequence;
END $$;
"""


def remember(database: psycopg.Connection) -> None:
    """Copy every table and the state of every sequence; the connection is a superuser's."""
    database.execute(REMEMBER)


def restore(database: psycopg.Connection) -> None:
    """Put every table and sequence back to what `remember` saw, in one transaction."""
    database.execute(RESTORE)
