-- What this server adds. Nothing that NanoMDM's statements name changes: they go on working, so that an operator
-- can go back.
-- @oldest binary 0.1.0

-- Bytes that a text column or its CHECK cannot hold (binary property lists, text that does not begin with <?xml)
-- lie verbatim in X_raw; X itself then holds XML of the same meaning, and X_raw_of its SHA-256: when X has been
-- rewritten since, by NanoMDM, X_raw no longer counts.
-- @unless column devices.authenticate_raw
-- @unless column devices.token_update_raw_of
ALTER TABLE devices
    ADD COLUMN authenticate_raw    LONGBLOB   NULL,
    ADD COLUMN authenticate_raw_of BINARY(32) NULL,
    ADD COLUMN token_update_raw    LONGBLOB   NULL,
    ADD COLUMN token_update_raw_of BINARY(32) NULL;

-- @unless column users.token_update_raw
-- @unless column users.user_authenticate_digest_raw_of
ALTER TABLE users
    ADD COLUMN token_update_raw                LONGBLOB   NULL,
    ADD COLUMN token_update_raw_of             BINARY(32) NULL,
    ADD COLUMN user_authenticate_raw           LONGBLOB   NULL,
    ADD COLUMN user_authenticate_raw_of        BINARY(32) NULL,
    ADD COLUMN user_authenticate_digest_raw    LONGBLOB   NULL,
    ADD COLUMN user_authenticate_digest_raw_of BINARY(32) NULL;

-- @unless column commands.command_raw
-- @unless column commands.command_raw_of
ALTER TABLE commands
    ADD COLUMN command_raw    LONGBLOB   NULL,
    ADD COLUMN command_raw_of BINARY(32) NULL;

-- @unless column command_results.result_raw
-- @unless column command_results.result_raw_of
ALTER TABLE command_results
    ADD COLUMN result_raw    LONGBLOB   NULL,
    ADD COLUMN result_raw_of BINARY(32) NULL;

-- For retention: old results are found by age.
-- @unless index command_results.idx_nanomdm_age
ALTER TABLE command_results ADD INDEX idx_nanomdm_age (updated_at);

-- The token of which APNs said «unregistered»: as long as it is the enrollment's token, nothing is pushed to it.
-- @unless column enrollments.unregistered_token_hex
ALTER TABLE enrollments ADD COLUMN unregistered_token_hex VARCHAR(255) NULL;

-- The exact order of a queue: seq counts up per enrollment; 0: a row that NanoMDM wrote and nobody has numbered
-- yet. done: the final report is stored; only ever a reason to skip a row, command_results decides.
-- @unless column enrollment_queue.seq
-- @unless column enrollment_queue.done
ALTER TABLE enrollment_queue
    ADD COLUMN seq  BIGINT  NOT NULL DEFAULT 0,
    ADD COLUMN done BOOLEAN NOT NULL DEFAULT 0;

-- The last seq given out. Its row is locked by whoever enqueues, until it commits: order is the order of commits.
-- No foreign key: locking it must not touch the enrollment's row.
CREATE TABLE IF NOT EXISTS nanomdm_queue_counters (
    id       VARCHAR(255) NOT NULL,
    last_seq BIGINT       NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Old rows get their numbers in the order in which NanoMDM would deliver them; same second: by UUID, so that
-- numbering again gives the same. Batches are whole enrollments, of about 5,000 rows together.
-- @unless index enrollment_queue.idx_nanomdm_next
-- @for each SELECT MIN(id), MAX(id)
--     FROM (SELECT id, SUM(COUNT(*)) OVER (ORDER BY id) DIV 5000 AS batch FROM enrollment_queue GROUP BY id) AS e
--     GROUP BY batch ORDER BY batch
UPDATE enrollment_queue AS q
    JOIN (SELECT id, command_uuid,
                 MAX(seq) OVER (PARTITION BY id)
                     + ROW_NUMBER() OVER (PARTITION BY id ORDER BY seq <> 0, priority DESC, created_at, command_uuid)
                     AS next_seq
          FROM enrollment_queue
          WHERE id BETWEEN '{1}' AND '{2}') AS numbered
        ON numbered.id = q.id AND numbered.command_uuid = q.command_uuid
    LEFT JOIN command_results AS r ON r.id = q.id AND r.command_uuid = q.command_uuid
SET q.seq = numbered.next_seq, q.done = COALESCE(r.status <> 'NotNow', 0), q.updated_at = q.updated_at
WHERE q.id BETWEEN '{1}' AND '{2}' AND q.seq = 0;

-- @unless index enrollment_queue.idx_nanomdm_next
-- @for each SELECT MIN(id), MAX(id)
--     FROM (SELECT id, SUM(COUNT(*)) OVER (ORDER BY id) DIV 5000 AS batch FROM enrollment_queue GROUP BY id) AS e
--     GROUP BY batch ORDER BY batch
INSERT INTO nanomdm_queue_counters (id, last_seq)
SELECT id, MAX(seq) FROM enrollment_queue WHERE id BETWEEN '{1}' AND '{2}' GROUP BY id
ON DUPLICATE KEY UPDATE last_seq = GREATEST(last_seq, VALUES(last_seq));

-- How the next command is found: by priority, 0 unless somebody set it here, then in the order enqueued. Last, so that the rows are numbered without keeping it up to date.
-- @unless index enrollment_queue.idx_nanomdm_next
ALTER TABLE enrollment_queue ADD INDEX idx_nanomdm_next (id, active, done, priority DESC, seq);

-- Whose certificate it is: of two devices racing with one certificate, the one that inserts its hash here wins.
-- NanoMDM may have associated one with several devices; any of them is its owner then.
CREATE TABLE IF NOT EXISTS nanomdm_certificate_owners (
    sha256     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id         VARCHAR(255) NOT NULL,
    created_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (sha256)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @in batches
INSERT INTO nanomdm_certificate_owners (sha256, id, created_at)
SELECT a.sha256, MIN(a.id), UTC_TIMESTAMP()
FROM cert_auth_associations AS a
WHERE NOT EXISTS (SELECT 1 FROM nanomdm_certificate_owners AS o WHERE o.sha256 = CONVERT(a.sha256 USING ascii))
GROUP BY a.sha256
LIMIT 5000;
