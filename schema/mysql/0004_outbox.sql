-- The webhook's outbox: what has been recorded with its effect and waits for the receiver. NanoMDM knows nothing of it.
-- @oldest binary 0.1.0

-- Lanes and events in one table, so that one INSERT, of two rows, both counts up the lane's sequence and stores the
-- event: a device's message pays one round trip for it.
--
-- sequence 0 is the enrollment's lane, made with its first event and kept. Its last_sequence is the last one given out,
-- all up to gone_through are delivered or dead: the lane has none waiting when the two are equal, and its row alone tells.
-- Whoever adds events to a lane or takes some away has its row locked, and locks it after all rows of other tables.
--
-- An event too large for one statement lies in several rows; the last one describes it, the others are pieces.
--
--   state   0  lane, nothing waits            at   (means nothing)
--           1  lane with events                    due from then on; under lease: when the lease ends
--           2  event that waits                    recorded
--           3  event that is a dead letter         buried
--           4  piece of the next event
CREATE TABLE IF NOT EXISTS nanomdm_outbox_queue (
    id            VARCHAR(255) NOT NULL,
    sequence      BIGINT       NOT NULL,
    state         TINYINT      NOT NULL,
    at            DATETIME(6)  NOT NULL,
    -- of a lane
    last_sequence BIGINT       NOT NULL DEFAULT 0,
    gone_through  BIGINT       NOT NULL DEFAULT 0,
    failed        INT          NOT NULL DEFAULT 0, -- tries of the first event that waits
    refused       INT          NOT NULL DEFAULT 0,
    lease         CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    -- of an event
    event_id      VARCHAR(255) NULL,
    topic         VARCHAR(255) NULL,
    created_at    DATETIME(6)  NULL,
    size          BIGINT       NULL, -- of the whole body, bytes
    pieces        INT          NULL, -- rows that hold it, this one included
    body          LONGBLOB     NULL,
    PRIMARY KEY (id, sequence),
    INDEX idx_nanomdm_at (state, at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The rows of the queue that hold the event are those up to `sequence`, as many as `pieces`.
CREATE TABLE IF NOT EXISTS nanomdm_outbox_dead_letters (
    number    BIGINT          NOT NULL AUTO_INCREMENT,
    id        VARCHAR(255)    NOT NULL,
    sequence  BIGINT          NOT NULL,
    pieces    INT             NOT NULL,
    buried_at DATETIME(6)     NOT NULL,
    reason    VARBINARY(1023) NOT NULL,
    PRIMARY KEY (number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
