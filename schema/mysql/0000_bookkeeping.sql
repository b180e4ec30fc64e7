-- Run before every migration, whatever the database holds: the two tables the migrations themselves need.
--
-- How to read these files. They are ordinary SQL for MySQL from 8.0.19 and MariaDB from 10.6, run by
-- `nanomdm -migrate-schema` in the order of their numbers. DDL commits by itself, so a migration can be cut short
-- anywhere; what makes running it again safe are the lines that begin with an @ in the comment before a statement:
--
--   @unless table T               skip the statement when the table or view T is there
--   @unless column T.C            … the column
--   @unless column T.C is A B     … and is of that type, collation, or «not null»
--   @unless index T.I             … the index I
--   @unless foreign key T (C, …) references R (C, …)      … and cascades
--                                 several of them: skip when all of them hold
--   @for each QUERY               run the statement for each row of QUERY, its columns in place of {1}, {2}, …
--   @in batches                   run the statement again until it changes no row
--   @refuse MESSAGE               stop with the message when the SELECT finds rows; they are listed
--   @oldest binary V              once per file: older versions of nanomdm must not run after it
--
-- A line that begins with three spaces continues the one before it.

CREATE TABLE IF NOT EXISTS nanomdm_schema (
    version       INT          NOT NULL,
    name          VARCHAR(127) NOT NULL,
    oldest_binary VARCHAR(31)  NOT NULL,
    applied_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (version)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who migrates. One row, taken by compare-and-set: GET_LOCK would be local to one node of a Galera cluster.
CREATE TABLE IF NOT EXISTS nanomdm_schema_lease (
    one        INT         NOT NULL,
    holder     VARCHAR(63) NOT NULL,
    expires_at TIMESTAMP   NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (one)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO nanomdm_schema_lease (one, holder, expires_at) VALUES (1, '', '2000-01-01 00:00:00');
