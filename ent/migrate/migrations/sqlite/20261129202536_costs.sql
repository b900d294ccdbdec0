-- +goose Up
-- add columns to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `charged_micros` integer NULL;
ALTER TABLE `attempts` ADD COLUMN `charged_currency` text NOT NULL DEFAULT ('');
ALTER TABLE `attempts` ADD COLUMN `booked_micros` integer NULL;
ALTER TABLE `attempts` ADD COLUMN `booked_currency` text NOT NULL DEFAULT ('');
-- add column "attempt_id" to table: "transfers"
ALTER TABLE `transfers` ADD COLUMN `attempt_id` integer NULL;

-- +goose Down
-- reverse: add column "attempt_id" to table: "transfers"
ALTER TABLE `transfers` DROP COLUMN `attempt_id`;
-- reverse: add columns to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `booked_currency`;
ALTER TABLE `attempts` DROP COLUMN `booked_micros`;
ALTER TABLE `attempts` DROP COLUMN `charged_currency`;
ALTER TABLE `attempts` DROP COLUMN `charged_micros`;
