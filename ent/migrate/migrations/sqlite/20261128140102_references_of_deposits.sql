-- +goose Up
-- drop index "transfer_merchant_id_reference" from table: "transfers"
DROP INDEX `transfer_merchant_id_reference`;
-- create index "transfer_merchant_id_reference" to table: "transfers"
CREATE UNIQUE INDEX `transfer_merchant_id_reference` ON `transfers` (`merchant_id`, `reference`) WHERE reference IS NOT NULL;

-- +goose Down
-- reverse: create index "transfer_merchant_id_reference" to table: "transfers"
DROP INDEX `transfer_merchant_id_reference`;
-- reverse: drop index "transfer_merchant_id_reference" from table: "transfers"
CREATE UNIQUE INDEX `transfer_merchant_id_reference` ON `transfers` (`merchant_id`, `reference`);
