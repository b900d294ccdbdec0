-- +goose Up
ALTER TABLE `events` ADD COLUMN `transaction_id` integer NOT NULL DEFAULT (0);
CREATE INDEX `event_transaction_id_id` ON `events` (`transaction_id`, `id`);

-- +goose Down
DROP INDEX `event_transaction_id_id`;
ALTER TABLE `events` DROP COLUMN `transaction_id`;
