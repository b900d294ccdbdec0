-- +goose Up
-- add column "max_loss_bp" to table: "offers"
ALTER TABLE `offers` ADD COLUMN `max_loss_bp` integer NULL;
-- add columns "max_loss_bp" and "loss_policy" to table: "products"
ALTER TABLE `products` ADD COLUMN `max_loss_bp` integer NOT NULL DEFAULT (0);
ALTER TABLE `products` ADD COLUMN `loss_policy` text NOT NULL DEFAULT ('fail');
-- add columns "low_balance_micros" and "low_balance_currency" to table: "providers"
ALTER TABLE `providers` ADD COLUMN `low_balance_micros` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `low_balance_currency` text NOT NULL DEFAULT ('');
-- create "provider_balances" table
CREATE TABLE `provider_balances` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `amount_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL DEFAULT (''),
  `read_at` datetime NULL,
  `read_after` integer NOT NULL DEFAULT (0),
  `asked_at` datetime NULL,
  `problem` text NOT NULL DEFAULT (''),
  `refused_at` datetime NULL,
  `last_refused_at` datetime NULL,
  `refused_micros` integer NOT NULL DEFAULT (0),
  `refused_currency` text NOT NULL DEFAULT (''),
  `refusals` integer NOT NULL DEFAULT (0),
  `try_at` datetime NULL,
  `low` bool NOT NULL DEFAULT (false)
);
-- create index "provider_balances_provider_id_key" to table: "provider_balances"
CREATE UNIQUE INDEX `provider_balances_provider_id_key` ON `provider_balances` (`provider_id`);

-- +goose Down
-- reverse: create index "provider_balances_provider_id_key" to table: "provider_balances"
DROP INDEX `provider_balances_provider_id_key`;
-- reverse: create "provider_balances" table
DROP TABLE `provider_balances`;
-- reverse: add columns "low_balance_micros" and "low_balance_currency" to table: "providers"
ALTER TABLE `providers` DROP COLUMN `low_balance_currency`;
ALTER TABLE `providers` DROP COLUMN `low_balance_micros`;
-- reverse: add columns "max_loss_bp" and "loss_policy" to table: "products"
ALTER TABLE `products` DROP COLUMN `loss_policy`;
ALTER TABLE `products` DROP COLUMN `max_loss_bp`;
-- reverse: add column "max_loss_bp" to table: "offers"
ALTER TABLE `offers` DROP COLUMN `max_loss_bp`;
