-- +goose Up
-- add column "payload_removed_at" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `payload_removed_at` datetime NULL;
-- create index "attempt_payloads" to table: "attempts"
CREATE INDEX `attempt_payloads` ON `attempts` (`id`) WHERE settled_at IS NOT NULL AND dispute = '' AND (failure_message <> '' OR held IS NOT NULL);

-- +goose Down
-- reverse: create index "attempt_payloads" to table: "attempts"
DROP INDEX `attempt_payloads`;
-- reverse: add column "payload_removed_at" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `payload_removed_at`;
