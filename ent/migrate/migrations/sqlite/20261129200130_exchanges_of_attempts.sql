-- +goose Up
-- add column "exchanges" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `exchanges` blob NULL;
-- drop index "attempt_payloads" from table: "attempts"
DROP INDEX `attempt_payloads`;
-- create index "attempt_contents" to table: "attempts"
CREATE INDEX `attempt_contents` ON `attempts` (`id`) WHERE settled_at IS NOT NULL AND dispute = '' AND (failure_message <> '' OR held IS NOT NULL OR exchanges IS NOT NULL);

-- +goose Down
-- reverse: create index "attempt_contents" to table: "attempts"
DROP INDEX `attempt_contents`;
-- reverse: drop index "attempt_payloads" from table: "attempts"
CREATE INDEX `attempt_payloads` ON `attempts` (`id`) WHERE settled_at IS NOT NULL AND dispute = '' AND (failure_message <> '' OR held IS NOT NULL);
-- reverse: add column "exchanges" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `exchanges`;
