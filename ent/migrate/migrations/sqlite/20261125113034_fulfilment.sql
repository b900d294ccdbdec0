-- +goose Up
-- Columns are added rather than tables rebuilt: others refer to these, and the
-- enforcement of that cannot be turned off within a transaction.
ALTER TABLE `attempts` ADD COLUMN `provider_sku` text NOT NULL DEFAULT ('');
ALTER TABLE `attempts` ADD COLUMN `cost_micros` integer NOT NULL DEFAULT (0);
ALTER TABLE `attempts` ADD COLUMN `currency` text NOT NULL DEFAULT ('');
ALTER TABLE `attempts` ADD COLUMN `delivered` integer NOT NULL DEFAULT (0);
ALTER TABLE `attempts` ADD COLUMN `held` blob NULL;
ALTER TABLE `attempts` ADD COLUMN `dispute` text NOT NULL DEFAULT ('');
CREATE INDEX `attempt_provider_id_provider_reference` ON `attempts` (`provider_id`, `provider_reference`) WHERE provider_reference <> '';
CREATE INDEX `attempt_status_id` ON `attempts` (`status`, `id`) WHERE status = 'parked' OR dispute <> '';
ALTER TABLE `units` ADD COLUMN `withdrawn_for` text NOT NULL DEFAULT ('');
DROP INDEX `unit_product_id_id`;
CREATE INDEX `unit_product_id_id` ON `units` (`product_id`, `id`) WHERE status = 'available';
CREATE INDEX `unit_withdrawn_for` ON `units` (`withdrawn_for`) WHERE withdrawn_for <> '';
ALTER TABLE `products` ADD COLUMN `fulfil_within_s` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `max_concurrency` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `requests_per_minute` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `burst` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `timeout_ms` integer NOT NULL DEFAULT (0);
ALTER TABLE `providers` ADD COLUMN `horizon_s` integer NOT NULL DEFAULT (0);
-- An attempt keeps what its offer said, which may change or go.
UPDATE `attempts` SET
  `provider_sku` = COALESCE((SELECT `provider_sku` FROM `offers` WHERE `offers`.`id` = `attempts`.`offer_id`), ''),
  `cost_micros` = COALESCE((SELECT `cost_micros` FROM `offers` WHERE `offers`.`id` = `attempts`.`offer_id`), 0),
  `currency` = COALESCE((SELECT `currency` FROM `offers` WHERE `offers`.`id` = `attempts`.`offer_id`), '');
-- Until now what an attempt left undelivered failed, so that a line was delivered by one attempt.
UPDATE `attempts` SET `delivered` = COALESCE((SELECT MIN(`attempts`.`quantity`, `completed`) FROM `order_lines` WHERE `order_lines`.`id` = `attempts`.`line_id`), 0)
  WHERE `status` = 'delivered';
CREATE TABLE `callbacks` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `notice` text NOT NULL,
  `attempt_id` integer NULL,
  `created_at` datetime NOT NULL
);
CREATE UNIQUE INDEX `callback_provider_id_notice` ON `callbacks` (`provider_id`, `notice`);
CREATE INDEX `callback_attempt_id` ON `callbacks` (`attempt_id`);

-- +goose Down
DROP TABLE `callbacks`;
ALTER TABLE `providers` DROP COLUMN `horizon_s`;
ALTER TABLE `providers` DROP COLUMN `timeout_ms`;
ALTER TABLE `providers` DROP COLUMN `burst`;
ALTER TABLE `providers` DROP COLUMN `requests_per_minute`;
ALTER TABLE `providers` DROP COLUMN `max_concurrency`;
ALTER TABLE `products` DROP COLUMN `fulfil_within_s`;
DROP INDEX `unit_withdrawn_for`;
DROP INDEX `unit_product_id_id`;
CREATE INDEX `unit_product_id_id` ON `units` (`product_id`, `id`) WHERE line_id IS NULL;
ALTER TABLE `units` DROP COLUMN `withdrawn_for`;
DROP INDEX `attempt_status_id`;
DROP INDEX `attempt_provider_id_provider_reference`;
ALTER TABLE `attempts` DROP COLUMN `dispute`;
ALTER TABLE `attempts` DROP COLUMN `held`;
ALTER TABLE `attempts` DROP COLUMN `delivered`;
ALTER TABLE `attempts` DROP COLUMN `currency`;
ALTER TABLE `attempts` DROP COLUMN `cost_micros`;
ALTER TABLE `attempts` DROP COLUMN `provider_sku`;
