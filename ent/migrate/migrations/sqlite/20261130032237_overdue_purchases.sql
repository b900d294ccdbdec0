-- +goose Up
-- add column "overdue_at" to table: "attempts"
ALTER TABLE `attempts` ADD COLUMN `overdue_at` datetime NULL;
-- add column "deliver_by" to table: "purchases"
ALTER TABLE `purchases` ADD COLUMN `deliver_by` datetime NULL;

-- +goose Down
-- reverse: add column "deliver_by" to table: "purchases"
ALTER TABLE `purchases` DROP COLUMN `deliver_by`;
-- reverse: add column "overdue_at" to table: "attempts"
ALTER TABLE `attempts` DROP COLUMN `overdue_at`;
