-- +goose Up
-- Columns are added rather than tables rebuilt: others refer to these, and the
-- enforcement of that cannot be turned off within a transaction.
ALTER TABLE `accounts` ADD COLUMN `low_balance_micros` integer NULL;
ALTER TABLE `events` ADD COLUMN `state` text NOT NULL DEFAULT ('');
ALTER TABLE `events` ADD COLUMN `targets` text NOT NULL DEFAULT ('');
ALTER TABLE `webhook_endpoints` ADD COLUMN `disable_reason` text NOT NULL DEFAULT ('');
ALTER TABLE `webhook_endpoints` ADD COLUMN `failing_since` datetime NULL;
ALTER TABLE `webhook_endpoints` ADD COLUMN `previous_secret` blob NULL;
ALTER TABLE `webhook_endpoints` ADD COLUMN `previous_secret_until` datetime NULL;
-- No delivery was ever made before, and nothing refers to them.
DROP TABLE `webhook_deliveries`;
CREATE TABLE `webhook_deliveries` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `endpoint_id` integer NOT NULL DEFAULT (0),
  `url` text NOT NULL DEFAULT (''),
  `format` text NOT NULL,
  `event_id` integer NOT NULL DEFAULT (0),
  `sequence` integer NOT NULL DEFAULT (0),
  `type` text NOT NULL,
  `lane` text NOT NULL,
  `order_id` integer NOT NULL DEFAULT (0),
  `line_id` integer NOT NULL DEFAULT (0),
  `message_id` text NOT NULL,
  `status` text NOT NULL DEFAULT ('pending'),
  `attempts` integer NOT NULL DEFAULT (0),
  `payload` blob NOT NULL,
  `response_status` integer NOT NULL DEFAULT (0),
  `response_excerpt` text NOT NULL DEFAULT (''),
  `duration_ms` integer NOT NULL DEFAULT (0),
  `next_attempt_at` datetime NULL,
  `happened_at` datetime NULL,
  `claimed_until` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
CREATE INDEX `webhookdelivery_merchant_id_id` ON `webhook_deliveries` (`merchant_id`, `id`);
CREATE INDEX `webhookdelivery_endpoint_id_id` ON `webhook_deliveries` (`endpoint_id`, `id`);
CREATE UNIQUE INDEX `webhookdelivery_event_id_endpoint_id_line_id` ON `webhook_deliveries` (`event_id`, `endpoint_id`, `line_id`) WHERE event_id > 0;
CREATE INDEX `webhookdelivery_order_id` ON `webhook_deliveries` (`order_id`) WHERE order_id > 0;
CREATE INDEX `webhookdelivery_line_id` ON `webhook_deliveries` (`line_id`) WHERE line_id > 0;
CREATE INDEX `webhookdelivery_lane_next_attempt_at` ON `webhook_deliveries` (`lane`, `next_attempt_at`) WHERE next_attempt_at IS NOT NULL;
CREATE TABLE `webhook_attempts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `delivery_id` integer NOT NULL,
  `number` integer NOT NULL DEFAULT (0),
  `request_id` text NOT NULL,
  `status` integer NOT NULL DEFAULT (0),
  `excerpt` text NOT NULL DEFAULT (''),
  `duration_ms` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL
);
CREATE INDEX `webhookattempt_delivery_id_id` ON `webhook_attempts` (`delivery_id`, `id`);

-- +goose Down
DROP TABLE `webhook_attempts`;
DROP TABLE `webhook_deliveries`;
CREATE TABLE `webhook_deliveries` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `endpoint_id` integer NOT NULL,
  `event_id` integer NOT NULL,
  `status` text NOT NULL DEFAULT ('pending'),
  `attempts` integer NOT NULL DEFAULT (0),
  `payload` blob NULL,
  `response_status` integer NOT NULL DEFAULT (0),
  `response_excerpt` text NOT NULL DEFAULT (''),
  `duration_ms` integer NOT NULL DEFAULT (0),
  `next_attempt_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
CREATE INDEX `webhookdelivery_merchant_id_id` ON `webhook_deliveries` (`merchant_id`, `id`);
CREATE INDEX `webhookdelivery_endpoint_id_id` ON `webhook_deliveries` (`endpoint_id`, `id`);
CREATE INDEX `webhookdelivery_event_id_endpoint_id` ON `webhook_deliveries` (`event_id`, `endpoint_id`);
CREATE INDEX `webhookdelivery_next_attempt_at` ON `webhook_deliveries` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;
ALTER TABLE `webhook_endpoints` DROP COLUMN `previous_secret_until`;
ALTER TABLE `webhook_endpoints` DROP COLUMN `previous_secret`;
ALTER TABLE `webhook_endpoints` DROP COLUMN `failing_since`;
ALTER TABLE `webhook_endpoints` DROP COLUMN `disable_reason`;
ALTER TABLE `events` DROP COLUMN `targets`;
ALTER TABLE `events` DROP COLUMN `state`;
ALTER TABLE `accounts` DROP COLUMN `low_balance_micros`;
