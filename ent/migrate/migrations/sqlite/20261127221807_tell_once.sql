-- +goose Up
-- add column "previous_secrets" to table: "webhook_endpoints"
ALTER TABLE `webhook_endpoints` ADD COLUMN `previous_secrets` blob NULL;
-- create "event_logs" table
CREATE TABLE `event_logs` (
  `id` integer NOT NULL,
  `name` text NOT NULL,
  `home` text NOT NULL,
  `generation` integer NOT NULL DEFAULT (1),
  `restored_id` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create "webhook_bodies" table
CREATE TABLE `webhook_bodies` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `event_id` integer NOT NULL,
  `format` text NOT NULL,
  `line_id` integer NOT NULL DEFAULT (0),
  `payload` blob NOT NULL,
  `created_at` datetime NOT NULL
);
-- create index "webhookbody_event_id_format_line_id" to table: "webhook_bodies"
CREATE UNIQUE INDEX `webhookbody_event_id_format_line_id` ON `webhook_bodies` (`event_id`, `format`, `line_id`);

-- +goose Down
-- reverse: create index "webhookbody_event_id_format_line_id" to table: "webhook_bodies"
DROP INDEX `webhookbody_event_id_format_line_id`;
-- reverse: create "webhook_bodies" table
DROP TABLE `webhook_bodies`;
-- reverse: create "event_logs" table
DROP TABLE `event_logs`;
-- reverse: add column "previous_secrets" to table: "webhook_endpoints"
ALTER TABLE `webhook_endpoints` DROP COLUMN `previous_secrets`;
