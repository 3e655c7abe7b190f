"""SQL that migrations use to make PostgreSQL itself keep a promise. Builds strings, runs nothing."""

from collections.abc import Sequence


def append_only(table: str, why: str) -> tuple[str, str]:
    """SQL (forward, reverse) that refuses UPDATE, DELETE and TRUNCATE on ``table``."""
    name = f"{table}_append_only"
    forward = f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{why} (% on {table} is refused)', TG_OP USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}();
        CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
    """
    reverse = f"""
        DROP TRIGGER {name}_truncate ON {table};
        DROP TRIGGER {name} ON {table};
        DROP FUNCTION {name}();
    """
    return forward, reverse


def only_these_change(
    table: str, columns: Sequence[str], why: str, *, when: str = "true", also: str = ""
) -> tuple[str, str]:
    """SQL that lets only ``columns`` change, and nothing be deleted, in rows for which ``when`` holds.

    ``when`` is SQL over ``OLD``; ``also`` is a further SQL condition over ``OLD`` and ``NEW`` that a
    permitted update must meet.
    """
    name = f"{table}_sealed"
    minus = " ".join(f"- '{column}'" for column in columns)
    further = f"AND ({also})" if also else ""
    forward = f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {when} THEN
                IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) {minus}) = (to_jsonb(OLD) {minus}) {further} THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION '{why} (% on {table} is refused)', TG_OP USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}();
        CREATE FUNCTION {name}_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{why} (TRUNCATE on {table} is refused)' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}_truncate();
    """
    reverse = f"""
        DROP TRIGGER {name}_truncate ON {table};
        DROP FUNCTION {name}_truncate();
        DROP TRIGGER {name} ON {table};
        DROP FUNCTION {name}();
    """
    return forward, reverse


def only_these_change_in_bulk(
    table: str, columns: Sequence[str], why: str, *, also: str = "true"
) -> tuple[str, str]:
    """The promise of ``only_these_change`` for rows that are changed by the hundred thousand.

    It compares rows instead of documents, which takes a tenth of the time; a column that is added later
    is sealed as well, just as there. The trigger that refuses TRUNCATE stands already.
    """
    name = f"{table}_sealed"
    taken = " ".join(f"kept.{column} := NEW.{column};" for column in columns)
    forward = f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE kept {table}%ROWTYPE;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                kept := OLD;
                {taken}
                IF kept IS NOT DISTINCT FROM NEW AND ({also}) THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION '{why} (% on {table} is refused)', TG_OP USING ERRCODE = 'restrict_violation';
        END $$;
    """
    minus = " ".join(f"- '{column}'" for column in columns)
    reverse = f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) {minus}) = (to_jsonb(OLD) {minus}) AND ({also}) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '{why} (% on {table} is refused)', TG_OP USING ERRCODE = 'restrict_violation';
        END $$;
    """
    return forward, reverse
