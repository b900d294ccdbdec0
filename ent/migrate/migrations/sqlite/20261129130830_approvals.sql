-- +goose Up
-- create "approval_requests" table
CREATE TABLE `approval_requests` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `merchant_id` integer NOT NULL,
  `currency` text NOT NULL,
  `amount_micros` integer NOT NULL DEFAULT (0),
  `previous_micros` integer NOT NULL DEFAULT (0),
  `reference` text NULL,
  `reason` text NOT NULL DEFAULT (''),
  `force` bool NOT NULL DEFAULT (false),
  `asked_kind` text NOT NULL,
  `asked_id` integer NOT NULL,
  `asked_name` text NOT NULL,
  `asked_key_id` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `status` text NOT NULL DEFAULT ('pending'),
  `decided_kind` text NOT NULL DEFAULT (''),
  `decided_id` integer NOT NULL DEFAULT (0),
  `decided_name` text NOT NULL DEFAULT (''),
  `decided_key_id` integer NOT NULL DEFAULT (0),
  `decided_at` datetime NULL,
  `note` text NOT NULL DEFAULT (''),
  `transfer_id` integer NULL
);
-- create index "approvalrequest_merchant_id_reference" to table: "approval_requests"
CREATE UNIQUE INDEX `approvalrequest_merchant_id_reference` ON `approval_requests` (`merchant_id`, `reference`) WHERE reference IS NOT NULL;
-- create index "approvalrequest_merchant_id_id" to table: "approval_requests"
CREATE INDEX `approvalrequest_merchant_id_id` ON `approval_requests` (`merchant_id`, `id`);
-- create index "approvalrequest_status_expires_at" to table: "approval_requests"
CREATE INDEX `approvalrequest_status_expires_at` ON `approval_requests` (`status`, `expires_at`);
-- create index "approvalrequest_transfer_id" to table: "approval_requests"
CREATE UNIQUE INDEX `approvalrequest_transfer_id` ON `approval_requests` (`transfer_id`);

-- +goose Down
-- reverse: create index "approvalrequest_transfer_id" to table: "approval_requests"
DROP INDEX `approvalrequest_transfer_id`;
-- reverse: create index "approvalrequest_status_expires_at" to table: "approval_requests"
DROP INDEX `approvalrequest_status_expires_at`;
-- reverse: create index "approvalrequest_merchant_id_id" to table: "approval_requests"
DROP INDEX `approvalrequest_merchant_id_id`;
-- reverse: create index "approvalrequest_merchant_id_reference" to table: "approval_requests"
DROP INDEX `approvalrequest_merchant_id_reference`;
-- reverse: create "approval_requests" table
DROP TABLE `approval_requests`;
