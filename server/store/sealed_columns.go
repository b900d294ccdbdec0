package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
)

// sealedColumn is a column with sealed values.
type sealedColumn struct {
	table, column string
	key           string // of the value within a column that is JSON; there it is base64
	purpose       string
}

// sealedColumns are all of them: whatever is sealed at rest stands in one of these, but for the check values of the keys.
var sealedColumns = []sealedColumn{
	{table: "units", column: "content", purpose: sealUnit},
	{table: "orders", column: "private", purpose: sealPrivate},
	{table: "order_lines", column: "private", purpose: sealFields},
	{table: "attempts", column: "held", purpose: sealHeld},
	{table: "providers", column: "credentials", purpose: sealCredentials},
	{table: "merchants", column: "settings", key: "callbackKey", purpose: sealCallbackKey},
	{table: "webhook_endpoints", column: "secret", purpose: sealWebhookSecret},
	{table: "webhook_endpoints", column: "previous_secret", purpose: sealWebhookSecret},
	{table: "webhook_endpoints", column: "previous_secrets", purpose: sealWebhookSecret},
	{table: "webhook_deliveries", column: "payload", purpose: sealPayload},
	{table: "webhook_bodies", column: "payload", purpose: sealPayload},
}

// value is the expression for the sealed value, NULL or empty where nothing is sealed.
func (c *sealedColumn) value() string {
	if c.key == "" {
		return c.column
	}
	return fmt.Sprintf("%s ->> '%s'", c.column, c.key)
}

// decode is the sealed value as it is read.
func (c *sealedColumn) decode(stored []byte) ([]byte, error) {
	if c.key == "" {
		return stored, nil
	}
	sealed, err := base64.StdEncoding.DecodeString(string(stored))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %s is no base64", c.table, c.column, c.key)
	}
	return sealed, nil
}

// sampledRows is how many rows are searched for a sample, from either end: a table may be long and seldom sealed.
const sampledRows = 1000

// samples are the first and the last sealed value, where they are near the ends.
func (c *sealedColumn) samples(ctx context.Context, db rowsQueryer) (samples [][]byte, err error) {
	for _, direction := range []string{"ASC", "DESC"} {
		rows, err := db.QueryContext(ctx, fmt.Sprintf(`SELECT sealed FROM (SELECT id, %s AS sealed FROM %s ORDER BY id %s LIMIT %d) AS ends
			WHERE length(sealed) > 0 ORDER BY id %s LIMIT 1`, c.value(), c.table, direction, sampledRows, direction))
		if err != nil {
			return nil, err
		}
		found, err := c.scanAll(rows)
		if err != nil {
			return nil, err
		}
		samples = append(samples, found...)
	}
	return samples, nil
}

func (c *sealedColumn) scanAll(rows interface {
	scanner
	Next() bool
	Err() error
	Close() error
},
) (values [][]byte, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var stored []byte
		if err := rows.Scan(&stored); err != nil {
			return nil, err
		}
		sealed, err := c.decode(stored)
		if err != nil {
			return nil, err
		}
		values = append(values, sealed)
	}
	return values, rows.Err()
}
