-- +goose Up
-- add column "earlier" to table: "event_logs"
ALTER TABLE `event_logs` ADD COLUMN `earlier` text NOT NULL DEFAULT ('');

-- +goose Down
-- drop column "earlier" from table: "event_logs"
ALTER TABLE `event_logs` DROP COLUMN `earlier`;
