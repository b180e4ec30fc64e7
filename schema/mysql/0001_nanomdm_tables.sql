-- NanoMDM's tables, as of its schema 00011. A new database gets them in their final form; in a database that
-- NanoMDM made they are there already, and 0002 brings them into this form.
--
-- Every text is utf8mb4_bin: identifiers are exact, and comparing two columns never mixes collations. It pads
-- ('a' = 'a '), so the server stores an identifier that ends in a space under another spelling.
-- Timestamps are UTC, and the server writes every one of them explicitly.
--
-- The CHECKs are NanoMDM's. What they ask of whoever writes:
--   an absent text is NULL, never '' (serial numbers, names, messages, tokens);
--   identity_cert and cert_pem begin with -----BEGIN CERTIFICATE-----, key_pem with -----;
--   command and result begin with <?xml.
-- @oldest binary 0.1.0

-- @refuse there are tables of these names that are not NanoMDM's; use a database of its own
SELECT wanted.name
FROM (SELECT 'devices' AS name, 'authenticate' AS has UNION ALL SELECT 'users', 'device_id'
      UNION ALL SELECT 'enrollments', 'push_magic' UNION ALL SELECT 'commands', 'request_type'
      UNION ALL SELECT 'command_results', 'result' UNION ALL SELECT 'enrollment_queue', 'command_uuid'
      UNION ALL SELECT 'push_certs', 'stale_token' UNION ALL SELECT 'cert_auth_associations', 'sha256') AS wanted
WHERE EXISTS (SELECT 1 FROM information_schema.tables AS t
              WHERE t.table_schema = DATABASE() AND t.table_name = wanted.name)
  AND NOT EXISTS (SELECT 1 FROM information_schema.columns AS c
                  WHERE c.table_schema = DATABASE() AND c.table_name = wanted.name AND c.column_name = wanted.has);

-- @unless table devices
CREATE TABLE devices (
    id                  VARCHAR(255) NOT NULL,
    identity_cert       LONGTEXT     NULL,
    serial_number       VARCHAR(127) NULL,
    unlock_token        LONGBLOB     NULL,
    unlock_token_at     TIMESTAMP    NULL,
    authenticate        LONGTEXT     NOT NULL,
    authenticate_at     TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    token_update        LONGTEXT     NULL,
    token_update_at     TIMESTAMP    NULL,
    bootstrap_token_b64 LONGTEXT     NULL,
    bootstrap_token_at  TIMESTAMP    NULL,
    created_at          TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at          TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    INDEX serial_number (serial_number),
    CHECK (identity_cert IS NULL OR SUBSTRING(identity_cert FROM 1 FOR 27) = '-----BEGIN CERTIFICATE-----'),
    CHECK (serial_number IS NULL OR serial_number <> ''),
    CHECK (unlock_token IS NULL OR LENGTH(unlock_token) > 0),
    CHECK (authenticate <> ''),
    CHECK (token_update IS NULL OR token_update <> ''),
    CHECK (bootstrap_token_b64 IS NULL OR bootstrap_token_b64 <> '')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless table users
CREATE TABLE users (
    id                          VARCHAR(255) NOT NULL,
    device_id                   VARCHAR(255) NOT NULL,
    user_short_name             VARCHAR(255) NULL,
    user_long_name              VARCHAR(255) NULL,
    token_update                LONGTEXT     NULL,
    token_update_at             TIMESTAMP    NULL,
    user_authenticate           LONGTEXT     NULL,
    user_authenticate_at        TIMESTAMP    NULL,
    user_authenticate_digest    LONGTEXT     NULL,
    user_authenticate_digest_at TIMESTAMP    NULL,
    created_at                  TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                  TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id, device_id),
    INDEX device_id (device_id),
    CONSTRAINT users_ibfk_1 FOREIGN KEY (device_id) REFERENCES devices (id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CHECK (user_short_name IS NULL OR user_short_name <> ''),
    CHECK (user_long_name IS NULL OR user_long_name <> ''),
    CHECK (token_update IS NULL OR token_update <> ''),
    CHECK (user_authenticate IS NULL OR user_authenticate <> ''),
    CHECK (user_authenticate_digest IS NULL OR user_authenticate_digest <> '')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Both channels of a device that completed its enrollment. id = device_id on the device's own channel,
-- id = user_id on a user's.
-- @unless table enrollments
CREATE TABLE enrollments (
    id                 VARCHAR(255) NOT NULL,
    device_id          VARCHAR(255) NOT NULL,
    user_id            VARCHAR(255) NULL,
    type               VARCHAR(31)  NOT NULL,
    topic              VARCHAR(255) NOT NULL,
    push_magic         VARCHAR(127) NOT NULL,
    token_hex          VARCHAR(255) NOT NULL,
    enabled            BOOLEAN      NOT NULL DEFAULT 1,
    token_update_tally INT          NOT NULL DEFAULT 1,
    last_seen_at       TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at         TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at         TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE INDEX user_id (user_id),
    INDEX device_id (device_id),
    INDEX user_id_2 (user_id, device_id),
    INDEX type (type),
    CONSTRAINT enrollments_ibfk_1 FOREIGN KEY (device_id) REFERENCES devices (id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT enrollments_ibfk_2 FOREIGN KEY (user_id, device_id) REFERENCES users (id, device_id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CHECK (id <> ''),
    CHECK (type <> ''),
    CHECK (topic <> ''),
    CHECK (push_magic <> ''),
    CHECK (token_hex <> '')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless table commands
CREATE TABLE commands (
    command_uuid VARCHAR(127) NOT NULL,
    request_type VARCHAR(63)  NOT NULL,
    command      LONGTEXT     NOT NULL,
    created_at   TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (command_uuid),
    CHECK (command_uuid <> ''),
    CHECK (request_type <> ''),
    CHECK (SUBSTRING(command FROM 1 FOR 5) = '<?xml')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless table command_results
CREATE TABLE command_results (
    id            VARCHAR(255) NOT NULL,
    command_uuid  VARCHAR(127) NOT NULL,
    status        VARCHAR(31)  NOT NULL,
    result        LONGTEXT     NULL, -- NanoMDM's 00005 made it so
    not_now_at    TIMESTAMP    NULL,
    not_now_tally INT          NOT NULL DEFAULT 0,
    created_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id, command_uuid),
    INDEX command_uuid (command_uuid),
    INDEX status (status),
    CONSTRAINT command_results_ibfk_1 FOREIGN KEY (id) REFERENCES enrollments (id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT command_results_ibfk_2 FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CHECK (status <> ''),
    CHECK (SUBSTRING(result FROM 1 FOR 5) = '<?xml')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- NanoMDM's index on (priority DESC, created_at) is left out: none of its statements uses it.
-- @unless table enrollment_queue
CREATE TABLE enrollment_queue (
    id           VARCHAR(255) NOT NULL,
    command_uuid VARCHAR(127) NOT NULL,
    active       BOOLEAN      NOT NULL DEFAULT 1,
    priority     TINYINT      NOT NULL DEFAULT 0,
    created_at   TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id, command_uuid),
    INDEX command_uuid (command_uuid),
    INDEX idx_queue_lookup (id, active, priority DESC, created_at),
    CONSTRAINT enrollment_queue_ibfk_1 FOREIGN KEY (id) REFERENCES enrollments (id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT enrollment_queue_ibfk_2 FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)
        ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- stale_token grows at every store: how other processes learn of a new certificate.
-- @unless table push_certs
CREATE TABLE push_certs (
    topic       VARCHAR(255) NOT NULL,
    cert_pem    LONGTEXT     NOT NULL,
    key_pem     LONGTEXT     NOT NULL,
    stale_token INT          NOT NULL,
    created_at  TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (topic),
    CHECK (topic <> ''),
    CHECK (SUBSTRING(cert_pem FROM 1 FOR 27) = '-----BEGIN CERTIFICATE-----'),
    CHECK (SUBSTRING(key_pem FROM 1 FOR 5) = '-----')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless table cert_auth_associations
CREATE TABLE cert_auth_associations (
    id         VARCHAR(255) NOT NULL,
    sha256     CHAR(64)     NOT NULL,
    created_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id, sha256),
    INDEX idx_sha256 (sha256),
    CHECK (id <> ''),
    CHECK (sha256 <> '')
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
