-- +goose Up
-- create index "claim_reference" to table: "claims"
CREATE INDEX `claim_reference` ON `claims` (`reference`) WHERE reference IS NOT NULL;

-- +goose Down
-- reverse: create index "claim_reference" to table: "claims"
DROP INDEX `claim_reference`;
