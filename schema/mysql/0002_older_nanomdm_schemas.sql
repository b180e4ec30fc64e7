-- Takes over a database that NanoMDM made, at any of its schemas, and brings it to 00011 in the form of 0001.
-- On a new database every statement is skipped. NanoMDM must not run meanwhile: between dropping the foreign keys
-- and adding them again nothing stops it from writing rows that they would refuse.
-- @oldest binary 0.1.0

-- What its later schemas added.

-- @unless column devices.bootstrap_token_b64
ALTER TABLE devices
    ADD COLUMN bootstrap_token_b64 LONGTEXT NULL,
    ADD CHECK (bootstrap_token_b64 IS NULL OR bootstrap_token_b64 <> '');

-- @unless column devices.bootstrap_token_at
ALTER TABLE devices ADD COLUMN bootstrap_token_at TIMESTAMP NULL;

-- @unless column users.user_authenticate
ALTER TABLE users
    ADD COLUMN user_authenticate LONGTEXT NULL,
    ADD CHECK (user_authenticate IS NULL OR user_authenticate <> '');

-- @unless column users.user_authenticate_at
ALTER TABLE users ADD COLUMN user_authenticate_at TIMESTAMP NULL;

-- @unless column users.user_authenticate_digest
ALTER TABLE users
    ADD COLUMN user_authenticate_digest LONGTEXT NULL,
    ADD CHECK (user_authenticate_digest IS NULL OR user_authenticate_digest <> '');

-- @unless column users.user_authenticate_digest_at
ALTER TABLE users ADD COLUMN user_authenticate_digest_at TIMESTAMP NULL;

-- 1, as NanoMDM gave it to the enrollments it had: they all have sent a TokenUpdate.
-- @unless column enrollments.token_update_tally
ALTER TABLE enrollments ADD COLUMN token_update_tally INT NOT NULL DEFAULT 1;

-- The best that is known of enrollments from before this column is when their row was written last.
-- @unless column enrollments.last_seen_at
ALTER TABLE enrollments ADD COLUMN last_seen_at TIMESTAMP NULL;

-- @unless column enrollments.last_seen_at is not null
-- @in batches
UPDATE enrollments
SET last_seen_at = COALESCE(updated_at, created_at, UTC_TIMESTAMP()), updated_at = updated_at
WHERE last_seen_at IS NULL
LIMIT 5000;

-- @unless column enrollments.last_seen_at is not null
ALTER TABLE enrollments MODIFY last_seen_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- @unless column command_results.not_now_at
ALTER TABLE command_results ADD COLUMN not_now_at TIMESTAMP NULL;

-- @unless column command_results.not_now_tally
ALTER TABLE command_results ADD COLUMN not_now_tally INT NOT NULL DEFAULT 0;

-- @unless column push_certs.created_at
ALTER TABLE push_certs ADD COLUMN created_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP;

-- @unless column push_certs.updated_at
ALTER TABLE push_certs
    ADD COLUMN updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP;

-- @unless index devices.serial_number
ALTER TABLE devices ADD INDEX serial_number (serial_number);

-- @unless index enrollments.type
ALTER TABLE enrollments ADD INDEX type (type);

-- @unless index command_results.status
ALTER TABLE command_results ADD INDEX status (status);

-- @unless index enrollment_queue.idx_queue_lookup
ALTER TABLE enrollment_queue ADD INDEX idx_queue_lookup (id, active, priority DESC, created_at);

-- @unless index cert_auth_associations.idx_sha256
ALTER TABLE cert_auth_associations ADD INDEX idx_sha256 (sha256);

-- Identifiers become exact. First, what stands in the way.

-- @refuse these identifiers lost characters to the character set of their tables (a ? in place of each); correct
--     or delete them; if a ? is really meant, convert that column to utf8mb4 before migrating
SELECT 'devices.id', CONVERT(id USING utf8mb4) FROM devices
WHERE CHARSET(id) <> 'utf8mb4' AND id LIKE '%?%'
UNION ALL SELECT 'users.id', CONVERT(id USING utf8mb4) FROM users
WHERE CHARSET(id) <> 'utf8mb4' AND id LIKE '%?%'
UNION ALL SELECT 'enrollments.id', CONVERT(id USING utf8mb4) FROM enrollments
WHERE CHARSET(id) <> 'utf8mb4' AND id LIKE '%?%'
UNION ALL SELECT 'enrollments.topic', CONVERT(topic USING utf8mb4) FROM enrollments
WHERE CHARSET(topic) <> 'utf8mb4' AND topic LIKE '%?%'
UNION ALL SELECT 'commands.command_uuid', CONVERT(command_uuid USING utf8mb4) FROM commands
WHERE CHARSET(command_uuid) <> 'utf8mb4' AND command_uuid LIKE '%?%'
UNION ALL SELECT 'push_certs.topic', CONVERT(topic USING utf8mb4) FROM push_certs
WHERE CHARSET(topic) <> 'utf8mb4' AND topic LIKE '%?%'
UNION ALL SELECT 'cert_auth_associations.id', CONVERT(id USING utf8mb4) FROM cert_auth_associations
WHERE CHARSET(id) <> 'utf8mb4' AND id LIKE '%?%';

-- MySQL's own default, utf8mb4_0900_ai_ci, does not pad; utf8mb4_bin does.
-- @refuse these identifiers differ from others by spaces at their end alone; delete them
SELECT 'devices.id', a.id FROM devices AS a JOIN devices AS b ON b.id = RTRIM(a.id)
WHERE a.id LIKE '% ' AND LENGTH(a.id) <> LENGTH(b.id)
UNION ALL SELECT 'users.id', a.id FROM users AS a JOIN users AS b ON b.id = RTRIM(a.id) AND b.device_id = a.device_id
WHERE a.id LIKE '% ' AND LENGTH(a.id) <> LENGTH(b.id)
UNION ALL SELECT 'enrollments.id', a.id FROM enrollments AS a JOIN enrollments AS b ON b.id = RTRIM(a.id)
WHERE a.id LIKE '% ' AND LENGTH(a.id) <> LENGTH(b.id)
UNION ALL SELECT 'commands.command_uuid', a.command_uuid
FROM commands AS a JOIN commands AS b ON b.command_uuid = RTRIM(a.command_uuid)
WHERE a.command_uuid LIKE '% ' AND LENGTH(a.command_uuid) <> LENGTH(b.command_uuid)
UNION ALL SELECT 'push_certs.topic', a.topic FROM push_certs AS a JOIN push_certs AS b ON b.topic = RTRIM(a.topic)
WHERE a.topic LIKE '% ' AND LENGTH(a.topic) <> LENGTH(b.topic)
UNION ALL SELECT 'cert_auth_associations.id', a.id
FROM cert_auth_associations AS a JOIN cert_auth_associations AS b ON b.id = RTRIM(a.id) AND b.sha256 = a.sha256
WHERE a.id LIKE '% ' AND LENGTH(a.id) <> LENGTH(b.id);

-- @unless column devices.id is utf8mb4_bin
-- @unless column users.id is utf8mb4_bin
-- @unless column enrollments.id is utf8mb4_bin
-- @unless column commands.command_uuid is utf8mb4_bin
-- @unless column command_results.id is utf8mb4_bin
-- @unless column enrollment_queue.id is utf8mb4_bin
-- @refuse foreign keys of other tables refer to these; drop them, and add them again afterwards
SELECT table_name, constraint_name
FROM information_schema.referential_constraints
WHERE constraint_schema = DATABASE()
  AND referenced_table_name IN ('devices', 'users', 'enrollments', 'commands')
  AND table_name NOT IN ('users', 'enrollments', 'command_results', 'enrollment_queue');

-- A reference may be spelled otherwise than what it refers to, as long as the collation lets 'a' be 'A': an
-- administrator's queued command, for instance. It gets the spelling of what it refers to.

-- @unless column users.id is utf8mb4_bin
UPDATE users AS c JOIN devices AS p ON p.id = c.device_id
SET c.device_id = p.id, c.updated_at = c.updated_at
WHERE CAST(c.device_id AS BINARY) <> CAST(p.id AS BINARY);

-- @unless column enrollments.id is utf8mb4_bin
UPDATE enrollments AS c JOIN devices AS p ON p.id = c.device_id
SET c.device_id = p.id, c.updated_at = c.updated_at
WHERE CAST(c.device_id AS BINARY) <> CAST(p.id AS BINARY);

-- @unless column enrollments.id is utf8mb4_bin
UPDATE enrollments AS c JOIN users AS p ON p.id = c.user_id
SET c.user_id = p.id, c.updated_at = c.updated_at
WHERE CAST(c.user_id AS BINARY) <> CAST(p.id AS BINARY);

-- @unless column enrollment_queue.id is utf8mb4_bin
UPDATE enrollment_queue AS c JOIN enrollments AS p ON p.id = c.id
SET c.id = p.id, c.updated_at = c.updated_at
WHERE CAST(c.id AS BINARY) <> CAST(p.id AS BINARY);

-- @unless column enrollment_queue.id is utf8mb4_bin
UPDATE enrollment_queue AS c JOIN commands AS p ON p.command_uuid = c.command_uuid
SET c.command_uuid = p.command_uuid, c.updated_at = c.updated_at
WHERE CAST(c.command_uuid AS BINARY) <> CAST(p.command_uuid AS BINARY);

-- @unless column command_results.id is utf8mb4_bin
UPDATE command_results AS c JOIN enrollments AS p ON p.id = c.id
SET c.id = p.id, c.updated_at = c.updated_at
WHERE CAST(c.id AS BINARY) <> CAST(p.id AS BINARY);

-- @unless column command_results.id is utf8mb4_bin
UPDATE command_results AS c JOIN commands AS p ON p.command_uuid = c.command_uuid
SET c.command_uuid = p.command_uuid, c.updated_at = c.updated_at
WHERE CAST(c.command_uuid AS BINARY) <> CAST(p.command_uuid AS BINARY);

-- Key columns change in both tables of a foreign key or not at all. NanoMDM's have the names that the server gave
-- them, so they are looked up.
-- @unless column devices.id is utf8mb4_bin
-- @unless column users.id is utf8mb4_bin
-- @unless column enrollments.id is utf8mb4_bin
-- @unless column commands.command_uuid is utf8mb4_bin
-- @unless column command_results.id is utf8mb4_bin
-- @unless column enrollment_queue.id is utf8mb4_bin
-- @for each SELECT DISTINCT table_name, constraint_name FROM information_schema.referential_constraints
--     WHERE constraint_schema = DATABASE()
--       AND table_name IN ('users', 'enrollments', 'command_results', 'enrollment_queue')
ALTER TABLE `{1}` DROP FOREIGN KEY `{2}`;

-- Identifiers become exact and texts long: one copy of each table. LONGTEXT, because TEXT cuts off or refuses what
-- is over 64 KiB, and a device's message may be.

-- @unless column devices.id is utf8mb4_bin
-- @unless column devices.identity_cert is longtext utf8mb4_bin
-- @unless column devices.unlock_token is longblob
-- @unless column devices.authenticate is longtext utf8mb4_bin
-- @unless column devices.token_update is longtext utf8mb4_bin
-- @unless column devices.bootstrap_token_b64 is longtext utf8mb4_bin
ALTER TABLE devices
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    MODIFY identity_cert       LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY unlock_token        LONGBLOB NULL,
    MODIFY authenticate        LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY token_update        LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY bootstrap_token_b64 LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- @unless column users.id is utf8mb4_bin
-- @unless column users.token_update is longtext utf8mb4_bin
-- @unless column users.user_authenticate is longtext utf8mb4_bin
-- @unless column users.user_authenticate_digest is longtext utf8mb4_bin
ALTER TABLE users
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    MODIFY token_update             LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY user_authenticate        LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    MODIFY user_authenticate_digest LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- @unless column enrollments.id is utf8mb4_bin
ALTER TABLE enrollments
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless column commands.command_uuid is utf8mb4_bin
-- @unless column commands.command is longtext utf8mb4_bin
ALTER TABLE commands
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    MODIFY command LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

-- @unless column command_results.id is utf8mb4_bin
-- @unless column command_results.result is longtext utf8mb4_bin
ALTER TABLE command_results
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    MODIFY result LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- @unless column enrollment_queue.id is utf8mb4_bin
ALTER TABLE enrollment_queue
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- @unless column push_certs.topic is utf8mb4_bin
-- @unless column push_certs.cert_pem is longtext utf8mb4_bin
-- @unless column push_certs.key_pem is longtext utf8mb4_bin
ALTER TABLE push_certs
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    MODIFY cert_pem LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY key_pem  LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;

-- @unless column cert_auth_associations.id is utf8mb4_bin
ALTER TABLE cert_auth_associations
    ROW_FORMAT = DYNAMIC,
    CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The foreign keys again, by the names that NanoMDM's own migrations know them by.

-- Before 00011 an enrollment referred to its user by the user's ID alone; then the pair may be missing.
-- @unless foreign key enrollments (user_id, device_id) references users (id, device_id)
-- @for each SELECT table_name, constraint_name FROM information_schema.referential_constraints
--     WHERE constraint_schema = DATABASE() AND table_name = 'enrollments' AND referenced_table_name = 'users'
ALTER TABLE `{1}` DROP FOREIGN KEY `{2}`;

-- @unless foreign key enrollments (user_id, device_id) references users (id, device_id)
INSERT INTO users (id, device_id, user_short_name, user_long_name)
SELECT e.user_id, e.device_id, MAX(u.user_short_name), MAX(u.user_long_name)
FROM enrollments AS e JOIN users AS u ON u.id = e.user_id
GROUP BY e.user_id, e.device_id
HAVING SUM(u.device_id = e.device_id) = 0;

-- @unless foreign key users (device_id) references devices (id)
ALTER TABLE users
    ADD CONSTRAINT users_ibfk_1 FOREIGN KEY (device_id) REFERENCES devices (id)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key enrollments (device_id) references devices (id)
ALTER TABLE enrollments
    ADD CONSTRAINT enrollments_ibfk_1 FOREIGN KEY (device_id) REFERENCES devices (id)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key enrollments (user_id, device_id) references users (id, device_id)
ALTER TABLE enrollments
    ADD CONSTRAINT enrollments_ibfk_2 FOREIGN KEY (user_id, device_id) REFERENCES users (id, device_id)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key command_results (id) references enrollments (id)
ALTER TABLE command_results
    ADD CONSTRAINT command_results_ibfk_1 FOREIGN KEY (id) REFERENCES enrollments (id)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key command_results (command_uuid) references commands (command_uuid)
ALTER TABLE command_results
    ADD CONSTRAINT command_results_ibfk_2 FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key enrollment_queue (id) references enrollments (id)
ALTER TABLE enrollment_queue
    ADD CONSTRAINT enrollment_queue_ibfk_1 FOREIGN KEY (id) REFERENCES enrollments (id)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless foreign key enrollment_queue (command_uuid) references commands (command_uuid)
ALTER TABLE enrollment_queue
    ADD CONSTRAINT enrollment_queue_ibfk_2 FOREIGN KEY (command_uuid) REFERENCES commands (command_uuid)
        ON DELETE CASCADE ON UPDATE CASCADE;

-- @unless column view_queue.priority
-- @unless column view_queue.result_updated_at
-- @unless column view_queue.result
CREATE OR REPLACE VIEW view_queue AS
SELECT q.id, q.created_at, q.active, q.priority,
       c.command_uuid, c.request_type, c.command,
       r.updated_at AS result_updated_at, r.status, r.result
FROM enrollment_queue AS q
    JOIN commands AS c ON c.command_uuid = q.command_uuid
    LEFT JOIN command_results AS r ON r.command_uuid = q.command_uuid AND r.id = q.id
ORDER BY q.priority DESC, q.created_at;
