-- +goose Up
-- add column "recipient_check_within_s" to table: "products"
ALTER TABLE `products` ADD COLUMN `recipient_check_within_s` integer NOT NULL DEFAULT (0);
-- create "recipient_checks" table
CREATE TABLE `recipient_checks` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `mark` text NOT NULL,
  `found` bool NOT NULL,
  `checked_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL
);
-- create index "recipientcheck_merchant_id_mark" to table: "recipient_checks"
CREATE UNIQUE INDEX `recipientcheck_merchant_id_mark` ON `recipient_checks` (`merchant_id`, `mark`);
-- create index "recipientcheck_expires_at" to table: "recipient_checks"
CREATE INDEX `recipientcheck_expires_at` ON `recipient_checks` (`expires_at`);

-- +goose Down
-- reverse: create index "recipientcheck_expires_at" to table: "recipient_checks"
DROP INDEX `recipientcheck_expires_at`;
-- reverse: create index "recipientcheck_merchant_id_mark" to table: "recipient_checks"
DROP INDEX `recipientcheck_merchant_id_mark`;
-- reverse: create "recipient_checks" table
DROP TABLE `recipient_checks`;
-- reverse: add column "recipient_check_within_s" to table: "products"
ALTER TABLE `products` DROP COLUMN `recipient_check_within_s`;
