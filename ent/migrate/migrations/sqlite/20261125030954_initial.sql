-- +goose Up
-- create "api_keys" table
CREATE TABLE `api_keys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `hash` blob NOT NULL,
  `scope` text NOT NULL DEFAULT ('merchant'),
  `label` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `revoked_at` datetime NULL,
  `merchant_id` integer NOT NULL,
  CONSTRAINT `api_keys_merchants_merchant` FOREIGN KEY (`merchant_id`) REFERENCES `merchants` (`id`) ON DELETE NO ACTION
);
-- create index "api_keys_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX `api_keys_hash_key` ON `api_keys` (`hash`);
-- create index "apikey_merchant_id" to table: "api_keys"
CREATE INDEX `apikey_merchant_id` ON `api_keys` (`merchant_id`);
-- create "accounts" table
CREATE TABLE `accounts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `currency` text NOT NULL,
  `merchant_id` integer NULL,
  `balance_micros` integer NOT NULL DEFAULT (0),
  `credit_limit_micros` integer NOT NULL DEFAULT (0),
  `event_sequence` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "account_merchant_id" to table: "accounts"
CREATE UNIQUE INDEX `account_merchant_id` ON `accounts` (`merchant_id`);
-- create index "account_kind_currency" to table: "accounts"
CREATE UNIQUE INDEX `account_kind_currency` ON `accounts` (`kind`, `currency`) WHERE merchant_id IS NULL;
-- create "allotments" table
CREATE TABLE `allotments` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `use_date` text NOT NULL,
  `capacity` integer NOT NULL DEFAULT (0),
  `sold` integer NOT NULL DEFAULT (0),
  `product_id` integer NOT NULL,
  CONSTRAINT `allotments_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION
);
-- create index "allotment_product_id_use_date" to table: "allotments"
CREATE UNIQUE INDEX `allotment_product_id_use_date` ON `allotments` (`product_id`, `use_date`);
-- create "attempts" table
CREATE TABLE `attempts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `order_id` integer NOT NULL,
  `line_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `provider_id` integer NOT NULL,
  `offer_id` integer NOT NULL,
  `number` integer NOT NULL,
  `reference` text NOT NULL,
  `quantity` integer NOT NULL,
  `status` text NOT NULL,
  `provider_reference` text NOT NULL DEFAULT (''),
  `failure_code` text NOT NULL DEFAULT (''),
  `failure_message` text NOT NULL DEFAULT (''),
  `checks` integer NOT NULL DEFAULT (0),
  `submitted_at` datetime NOT NULL,
  `next_check_at` datetime NULL,
  `settled_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "attempts_reference_key" to table: "attempts"
CREATE UNIQUE INDEX `attempts_reference_key` ON `attempts` (`reference`);
-- create index "attempt_line_id_number" to table: "attempts"
CREATE UNIQUE INDEX `attempt_line_id_number` ON `attempts` (`line_id`, `number`);
-- create index "attempt_next_check_at" to table: "attempts"
CREATE INDEX `attempt_next_check_at` ON `attempts` (`next_check_at`) WHERE settled_at IS NULL;
-- create index "attempt_order_id" to table: "attempts"
CREATE INDEX `attempt_order_id` ON `attempts` (`order_id`);
-- create "categories" table
CREATE TABLE `categories` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `slug` text NOT NULL,
  `name` text NOT NULL,
  `description` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "categories_slug_key" to table: "categories"
CREATE UNIQUE INDEX `categories_slug_key` ON `categories` (`slug`);
-- create "counters" table
CREATE TABLE `counters` (
  `name` text NOT NULL,
  `value` integer NOT NULL DEFAULT (0),
  PRIMARY KEY (`name`)
);
-- create "coupons" table
CREATE TABLE `coupons` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `code` text NOT NULL,
  `kind` text NOT NULL,
  `percent_bp` integer NOT NULL DEFAULT (0),
  `amount_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL DEFAULT (''),
  `min_subtotal_micros` integer NOT NULL DEFAULT (0),
  `product_ids` json NOT NULL DEFAULT '[]',
  `category_ids` json NOT NULL DEFAULT '[]',
  `starts_at` datetime NULL,
  `ends_at` datetime NULL,
  `max_uses` integer NULL,
  `max_uses_per_merchant` integer NULL,
  `uses` integer NOT NULL DEFAULT (0),
  `status` text NOT NULL DEFAULT ('active'),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "coupons_code_key" to table: "coupons"
CREATE UNIQUE INDEX `coupons_code_key` ON `coupons` (`code`);
-- create "coupon_uses" table
CREATE TABLE `coupon_uses` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `coupon_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `order_id` integer NOT NULL
);
-- create index "coupon_uses_order_id_key" to table: "coupon_uses"
CREATE UNIQUE INDEX `coupon_uses_order_id_key` ON `coupon_uses` (`order_id`);
-- create index "couponuse_coupon_id_merchant_id" to table: "coupon_uses"
CREATE INDEX `couponuse_coupon_id_merchant_id` ON `coupon_uses` (`coupon_id`, `merchant_id`);
-- create "events" table
CREATE TABLE `events` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `sequence` integer NOT NULL DEFAULT (0),
  `order_id` integer NULL,
  `line_id` integer NULL,
  `type` text NOT NULL,
  `data` text NOT NULL DEFAULT ('{}'),
  `created_at` datetime NOT NULL
);
-- create index "event_merchant_id_sequence" to table: "events"
CREATE UNIQUE INDEX `event_merchant_id_sequence` ON `events` (`merchant_id`, `sequence`);
-- create index "event_order_id_sequence" to table: "events"
CREATE INDEX `event_order_id_sequence` ON `events` (`order_id`, `sequence`);
-- create "line_references" table
CREATE TABLE `line_references` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `reference` text NOT NULL,
  `order_id` integer NOT NULL
);
-- create index "linereference_merchant_id_reference" to table: "line_references"
CREATE UNIQUE INDEX `linereference_merchant_id_reference` ON `line_references` (`merchant_id`, `reference`);
-- create "listings" table
CREATE TABLE `listings` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `external_id` text NOT NULL,
  `external_option_id` text NOT NULL DEFAULT (''),
  `price_micros` integer NULL,
  `created_at` datetime NOT NULL,
  `merchant_id` integer NOT NULL,
  `product_id` integer NOT NULL,
  CONSTRAINT `listings_merchants_merchant` FOREIGN KEY (`merchant_id`) REFERENCES `merchants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `listings_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION
);
-- create index "listing_merchant_id_external_id_external_option_id" to table: "listings"
CREATE UNIQUE INDEX `listing_merchant_id_external_id_external_option_id` ON `listings` (`merchant_id`, `external_id`, `external_option_id`);
-- create index "listing_merchant_id_product_id" to table: "listings"
CREATE INDEX `listing_merchant_id_product_id` ON `listings` (`merchant_id`, `product_id`);
-- create "merchants" table
CREATE TABLE `merchants` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `email` text NULL,
  `role` text NOT NULL DEFAULT ('merchant'),
  `status` text NOT NULL DEFAULT ('active'),
  `requests_per_minute` integer NOT NULL DEFAULT (0),
  `burst` integer NOT NULL DEFAULT (0),
  `ip_allowlist` json NOT NULL DEFAULT '[]',
  `settings` json NOT NULL DEFAULT '{}',
  `password_hash` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "merchants_name_key" to table: "merchants"
CREATE UNIQUE INDEX `merchants_name_key` ON `merchants` (`name`);
-- create index "merchants_email_key" to table: "merchants"
CREATE UNIQUE INDEX `merchants_email_key` ON `merchants` (`email`);
-- create "offers" table
CREATE TABLE `offers` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_sku` text NOT NULL,
  `cost_micros` integer NOT NULL DEFAULT (0),
  `currency` text NOT NULL,
  `priority` integer NOT NULL DEFAULT (0),
  `status` text NOT NULL DEFAULT ('active'),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `product_id` integer NOT NULL,
  `provider_id` integer NOT NULL,
  CONSTRAINT `offers_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `offers_providers_provider` FOREIGN KEY (`provider_id`) REFERENCES `providers` (`id`) ON DELETE NO ACTION
);
-- create index "offer_product_id_provider_id_provider_sku" to table: "offers"
CREATE UNIQUE INDEX `offer_product_id_provider_id_provider_sku` ON `offers` (`product_id`, `provider_id`, `provider_sku`);
-- create "orders" table
CREATE TABLE `orders` (
  `id` integer NOT NULL,
  `number` text NOT NULL,
  `merchant_id` integer NOT NULL,
  `reference` text NOT NULL,
  `fingerprint` blob NOT NULL,
  `door` text NOT NULL,
  `status` text NOT NULL,
  `currency` text NOT NULL,
  `subtotal_micros` integer NOT NULL DEFAULT (0),
  `discount_micros` integer NOT NULL DEFAULT (0),
  `total_micros` integer NOT NULL DEFAULT (0),
  `refunded_micros` integer NOT NULL DEFAULT (0),
  `coupon_id` integer NULL,
  `coupon_code` text NOT NULL DEFAULT (''),
  `recipient_user_id` text NOT NULL DEFAULT (''),
  `recipient_server_id` text NOT NULL DEFAULT (''),
  `recipient_character_id` text NOT NULL DEFAULT (''),
  `notify_url` text NOT NULL DEFAULT (''),
  `metadata` json NOT NULL DEFAULT '{}',
  `private` blob NULL,
  `failure_code` text NOT NULL DEFAULT (''),
  `failure_message` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `completed_at` datetime NULL,
  PRIMARY KEY (`id`)
);
-- create index "orders_number_key" to table: "orders"
CREATE UNIQUE INDEX `orders_number_key` ON `orders` (`number`);
-- create index "order_merchant_id_reference" to table: "orders"
CREATE UNIQUE INDEX `order_merchant_id_reference` ON `orders` (`merchant_id`, `reference`);
-- create index "order_merchant_id_created_at_id" to table: "orders"
CREATE INDEX `order_merchant_id_created_at_id` ON `orders` (`merchant_id`, `created_at`, `id`);
-- create index "order_updated_at" to table: "orders"
CREATE INDEX `order_updated_at` ON `orders` (`updated_at`) WHERE status IN ('pending', 'processing');
-- create "order_lines" table
CREATE TABLE `order_lines` (
  `id` integer NOT NULL,
  `order_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `position` integer NOT NULL,
  `product_id` integer NOT NULL,
  `sku` text NOT NULL,
  `product_name` text NOT NULL,
  `source` text NOT NULL,
  `quantity` integer NOT NULL,
  `completed` integer NOT NULL DEFAULT (0),
  `failed` integer NOT NULL DEFAULT (0),
  `cancelled` integer NOT NULL DEFAULT (0),
  `status` text NOT NULL,
  `unit_price_micros` integer NOT NULL DEFAULT (0),
  `subtotal_micros` integer NOT NULL DEFAULT (0),
  `discount_micros` integer NOT NULL DEFAULT (0),
  `total_micros` integer NOT NULL DEFAULT (0),
  `refunded_micros` integer NOT NULL DEFAULT (0),
  `external_reference` text NOT NULL DEFAULT (''),
  `use_date` text NOT NULL DEFAULT (''),
  `code` text NULL,
  `door_state` text NOT NULL DEFAULT (''),
  `private` blob NULL,
  `failure_code` text NOT NULL DEFAULT (''),
  `failure_message` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "orderline_order_id_position" to table: "order_lines"
CREATE UNIQUE INDEX `orderline_order_id_position` ON `order_lines` (`order_id`, `position`);
-- create index "orderline_code" to table: "order_lines"
CREATE UNIQUE INDEX `orderline_code` ON `order_lines` (`code`) WHERE code IS NOT NULL;
-- create "products" table
CREATE TABLE `products` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `sku` text NOT NULL,
  `slug` text NOT NULL,
  `name` text NOT NULL,
  `description` text NOT NULL DEFAULT (''),
  `currency` text NOT NULL,
  `price_micros` integer NOT NULL DEFAULT (0),
  `source` text NOT NULL,
  `format` text NOT NULL DEFAULT (''),
  `status` text NOT NULL DEFAULT ('active'),
  `attributes` json NOT NULL DEFAULT '{}',
  `fields` json NOT NULL DEFAULT '[]',
  `min_quantity` integer NOT NULL DEFAULT (1),
  `max_quantity` integer NOT NULL DEFAULT (0),
  `dated` bool NOT NULL DEFAULT (false),
  `version` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `category_id` integer NOT NULL,
  CONSTRAINT `products_categories_category` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`) ON DELETE NO ACTION
);
-- create index "products_sku_key" to table: "products"
CREATE UNIQUE INDEX `products_sku_key` ON `products` (`sku`);
-- create index "products_slug_key" to table: "products"
CREATE UNIQUE INDEX `products_slug_key` ON `products` (`slug`);
-- create index "product_category_id" to table: "products"
CREATE INDEX `product_category_id` ON `products` (`category_id`);
-- create "providers" table
CREATE TABLE `providers` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `connector` text NOT NULL,
  `status` text NOT NULL DEFAULT ('active'),
  `config` json NOT NULL DEFAULT '{}',
  `credentials` blob NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL
);
-- create index "providers_name_key" to table: "providers"
CREATE UNIQUE INDEX `providers_name_key` ON `providers` (`name`);
-- create "transfers" table
CREATE TABLE `transfers` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `debit_account_id` integer NOT NULL,
  `credit_account_id` integer NOT NULL,
  `currency` text NOT NULL,
  `amount_micros` integer NOT NULL DEFAULT (0),
  `kind` text NOT NULL,
  `merchant_id` integer NOT NULL,
  `order_id` integer NULL,
  `reference` text NULL,
  `description` text NOT NULL DEFAULT (''),
  `balance_micros` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL
);
-- create index "transfer_merchant_id_reference" to table: "transfers"
CREATE UNIQUE INDEX `transfer_merchant_id_reference` ON `transfers` (`merchant_id`, `reference`);
-- create index "transfer_merchant_id_id" to table: "transfers"
CREATE INDEX `transfer_merchant_id_id` ON `transfers` (`merchant_id`, `id`);
-- create index "transfer_order_id" to table: "transfers"
CREATE INDEX `transfer_order_id` ON `transfers` (`order_id`);
-- create index "transfer_merchant_id" to table: "transfers"
CREATE INDEX `transfer_merchant_id` ON `transfers` (`merchant_id`) WHERE kind IN ('deposit', 'adjustment');
-- create "units" table
CREATE TABLE `units` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `product_id` integer NOT NULL,
  `import_id` integer NULL,
  `content` blob NOT NULL,
  `fingerprint` blob NULL,
  `status` text NOT NULL DEFAULT ('available'),
  `order_id` integer NULL,
  `line_id` integer NULL,
  `ticket_code` text NULL,
  `use_date` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `delivered_at` datetime NULL
);
-- create index "units_ticket_code_key" to table: "units"
CREATE UNIQUE INDEX `units_ticket_code_key` ON `units` (`ticket_code`);
-- create index "unit_product_id_fingerprint" to table: "units"
CREATE UNIQUE INDEX `unit_product_id_fingerprint` ON `units` (`product_id`, `fingerprint`);
-- create index "unit_product_id_id" to table: "units"
CREATE INDEX `unit_product_id_id` ON `units` (`product_id`, `id`) WHERE line_id IS NULL;
-- create index "unit_line_id" to table: "units"
CREATE INDEX `unit_line_id` ON `units` (`line_id`) WHERE line_id IS NOT NULL;
-- create "unit_imports" table
CREATE TABLE `unit_imports` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL DEFAULT (''),
  `imported` integer NOT NULL DEFAULT (0),
  `refused` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `product_id` integer NOT NULL,
  CONSTRAINT `unit_imports_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION
);
-- create index "unitimport_product_id" to table: "unit_imports"
CREATE INDEX `unitimport_product_id` ON `unit_imports` (`product_id`);
-- create "webhook_deliveries" table
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
-- create index "webhookdelivery_merchant_id_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_merchant_id_id` ON `webhook_deliveries` (`merchant_id`, `id`);
-- create index "webhookdelivery_endpoint_id_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_endpoint_id_id` ON `webhook_deliveries` (`endpoint_id`, `id`);
-- create index "webhookdelivery_event_id_endpoint_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_event_id_endpoint_id` ON `webhook_deliveries` (`event_id`, `endpoint_id`);
-- create index "webhookdelivery_next_attempt_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_next_attempt_at` ON `webhook_deliveries` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;
-- create "webhook_endpoints" table
CREATE TABLE `webhook_endpoints` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `url` text NOT NULL,
  `format` text NOT NULL,
  `event_types` json NOT NULL DEFAULT '[]',
  `status` text NOT NULL DEFAULT ('active'),
  `secret` blob NULL,
  `settings` json NOT NULL DEFAULT '{}',
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `merchant_id` integer NOT NULL,
  CONSTRAINT `webhook_endpoints_merchants_merchant` FOREIGN KEY (`merchant_id`) REFERENCES `merchants` (`id`) ON DELETE NO ACTION
);
-- create index "webhookendpoint_merchant_id" to table: "webhook_endpoints"
CREATE INDEX `webhookendpoint_merchant_id` ON `webhook_endpoints` (`merchant_id`);

-- +goose Down
-- reverse: create index "webhookendpoint_merchant_id" to table: "webhook_endpoints"
DROP INDEX `webhookendpoint_merchant_id`;
-- reverse: create "webhook_endpoints" table
DROP TABLE `webhook_endpoints`;
-- reverse: create index "webhookdelivery_next_attempt_at" to table: "webhook_deliveries"
DROP INDEX `webhookdelivery_next_attempt_at`;
-- reverse: create index "webhookdelivery_event_id_endpoint_id" to table: "webhook_deliveries"
DROP INDEX `webhookdelivery_event_id_endpoint_id`;
-- reverse: create index "webhookdelivery_endpoint_id_id" to table: "webhook_deliveries"
DROP INDEX `webhookdelivery_endpoint_id_id`;
-- reverse: create index "webhookdelivery_merchant_id_id" to table: "webhook_deliveries"
DROP INDEX `webhookdelivery_merchant_id_id`;
-- reverse: create "webhook_deliveries" table
DROP TABLE `webhook_deliveries`;
-- reverse: create index "unitimport_product_id" to table: "unit_imports"
DROP INDEX `unitimport_product_id`;
-- reverse: create "unit_imports" table
DROP TABLE `unit_imports`;
-- reverse: create index "unit_line_id" to table: "units"
DROP INDEX `unit_line_id`;
-- reverse: create index "unit_product_id_id" to table: "units"
DROP INDEX `unit_product_id_id`;
-- reverse: create index "unit_product_id_fingerprint" to table: "units"
DROP INDEX `unit_product_id_fingerprint`;
-- reverse: create index "units_ticket_code_key" to table: "units"
DROP INDEX `units_ticket_code_key`;
-- reverse: create "units" table
DROP TABLE `units`;
-- reverse: create index "transfer_merchant_id" to table: "transfers"
DROP INDEX `transfer_merchant_id`;
-- reverse: create index "transfer_order_id" to table: "transfers"
DROP INDEX `transfer_order_id`;
-- reverse: create index "transfer_merchant_id_id" to table: "transfers"
DROP INDEX `transfer_merchant_id_id`;
-- reverse: create index "transfer_merchant_id_reference" to table: "transfers"
DROP INDEX `transfer_merchant_id_reference`;
-- reverse: create "transfers" table
DROP TABLE `transfers`;
-- reverse: create index "providers_name_key" to table: "providers"
DROP INDEX `providers_name_key`;
-- reverse: create "providers" table
DROP TABLE `providers`;
-- reverse: create index "product_category_id" to table: "products"
DROP INDEX `product_category_id`;
-- reverse: create index "products_slug_key" to table: "products"
DROP INDEX `products_slug_key`;
-- reverse: create index "products_sku_key" to table: "products"
DROP INDEX `products_sku_key`;
-- reverse: create "products" table
DROP TABLE `products`;
-- reverse: create index "orderline_code" to table: "order_lines"
DROP INDEX `orderline_code`;
-- reverse: create index "orderline_order_id_position" to table: "order_lines"
DROP INDEX `orderline_order_id_position`;
-- reverse: create "order_lines" table
DROP TABLE `order_lines`;
-- reverse: create index "order_updated_at" to table: "orders"
DROP INDEX `order_updated_at`;
-- reverse: create index "order_merchant_id_created_at_id" to table: "orders"
DROP INDEX `order_merchant_id_created_at_id`;
-- reverse: create index "order_merchant_id_reference" to table: "orders"
DROP INDEX `order_merchant_id_reference`;
-- reverse: create index "orders_number_key" to table: "orders"
DROP INDEX `orders_number_key`;
-- reverse: create "orders" table
DROP TABLE `orders`;
-- reverse: create index "offer_product_id_provider_id_provider_sku" to table: "offers"
DROP INDEX `offer_product_id_provider_id_provider_sku`;
-- reverse: create "offers" table
DROP TABLE `offers`;
-- reverse: create index "merchants_email_key" to table: "merchants"
DROP INDEX `merchants_email_key`;
-- reverse: create index "merchants_name_key" to table: "merchants"
DROP INDEX `merchants_name_key`;
-- reverse: create "merchants" table
DROP TABLE `merchants`;
-- reverse: create index "listing_merchant_id_product_id" to table: "listings"
DROP INDEX `listing_merchant_id_product_id`;
-- reverse: create index "listing_merchant_id_external_id_external_option_id" to table: "listings"
DROP INDEX `listing_merchant_id_external_id_external_option_id`;
-- reverse: create "listings" table
DROP TABLE `listings`;
-- reverse: create index "linereference_merchant_id_reference" to table: "line_references"
DROP INDEX `linereference_merchant_id_reference`;
-- reverse: create "line_references" table
DROP TABLE `line_references`;
-- reverse: create index "event_order_id_sequence" to table: "events"
DROP INDEX `event_order_id_sequence`;
-- reverse: create index "event_merchant_id_sequence" to table: "events"
DROP INDEX `event_merchant_id_sequence`;
-- reverse: create "events" table
DROP TABLE `events`;
-- reverse: create index "couponuse_coupon_id_merchant_id" to table: "coupon_uses"
DROP INDEX `couponuse_coupon_id_merchant_id`;
-- reverse: create index "coupon_uses_order_id_key" to table: "coupon_uses"
DROP INDEX `coupon_uses_order_id_key`;
-- reverse: create "coupon_uses" table
DROP TABLE `coupon_uses`;
-- reverse: create index "coupons_code_key" to table: "coupons"
DROP INDEX `coupons_code_key`;
-- reverse: create "coupons" table
DROP TABLE `coupons`;
-- reverse: create "counters" table
DROP TABLE `counters`;
-- reverse: create index "categories_slug_key" to table: "categories"
DROP INDEX `categories_slug_key`;
-- reverse: create "categories" table
DROP TABLE `categories`;
-- reverse: create index "attempt_order_id" to table: "attempts"
DROP INDEX `attempt_order_id`;
-- reverse: create index "attempt_next_check_at" to table: "attempts"
DROP INDEX `attempt_next_check_at`;
-- reverse: create index "attempt_line_id_number" to table: "attempts"
DROP INDEX `attempt_line_id_number`;
-- reverse: create index "attempts_reference_key" to table: "attempts"
DROP INDEX `attempts_reference_key`;
-- reverse: create "attempts" table
DROP TABLE `attempts`;
-- reverse: create index "allotment_product_id_use_date" to table: "allotments"
DROP INDEX `allotment_product_id_use_date`;
-- reverse: create "allotments" table
DROP TABLE `allotments`;
-- reverse: create index "account_kind_currency" to table: "accounts"
DROP INDEX `account_kind_currency`;
-- reverse: create index "account_merchant_id" to table: "accounts"
DROP INDEX `account_merchant_id`;
-- reverse: create "accounts" table
DROP TABLE `accounts`;
-- reverse: create index "apikey_merchant_id" to table: "api_keys"
DROP INDEX `apikey_merchant_id`;
-- reverse: create index "api_keys_hash_key" to table: "api_keys"
DROP INDEX `api_keys_hash_key`;
-- reverse: create "api_keys" table
DROP TABLE `api_keys`;
