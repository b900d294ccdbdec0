package verification

import (
	"fmt"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/server/report"
)

// figurePasses check what is kept for reports against the orders. What changed in the minutes before it was counted,
// or since, is counted again by itself.
var figurePasses = []pass{{
	from: `order_figures f LEFT JOIN (SELECT slot_of(o.created_at) AS slot, o.currency, count(*) AS orders,
			` + tally(`o.status = 'completed'`) + ` AS completed, ` + tally(`o.status = 'failed'`) + ` AS failed,
			` + tally(`o.status = 'cancelled'`) + ` AS cancelled, wide_sum(o.total_micros) AS charged,
			wide_sum(o.refunded_micros) AS refunded, max(epoch(o.updated_at)) AS latest
			FROM orders o GROUP BY 1, 2) o ON o.slot = slot_of(f.starts_at) AND o.currency = f.currency`,
	row: `'figures ', f.id`,
	rules: []rule{{
		3, "figures-orders", `o.slot IS NULL OR (o.latest < epoch(f.counted_at) - 300 AND (o.orders <> f.orders OR
			o.completed <> f.completed OR o.failed <> f.failed OR o.cancelled <> f.cancelled OR
			o.charged <> f.charged_micros OR o.refunded <> f.refunded_micros))`,
		`f.orders, ' orders in ', f.currency, ' from ', f.starts_at, ' were counted, there are ', coalesce(o.orders, 0)`,
	}},
}}

// inDialect writes what the databases say in different words.
func inDialect(text, name string) string {
	slot := int64(report.Slot.Seconds())
	words := []string{"epoch(", "-210866760000.0 + 86400.0 * julianday("}
	if name == dialect.Postgres {
		words = []string{"epoch(", "date_part('epoch', ", wideSum + "(", "sum("}
	}
	for _, at := range []string{"o.created_at", "f.starts_at"} {
		expression := fmt.Sprintf("CAST(strftime('%%s', %s) AS integer) / %d", at, slot)
		if name == dialect.Postgres {
			expression = fmt.Sprintf("floor(date_part('epoch', %s) / %d)::bigint", at, slot)
		}
		words = append(words, "slot_of("+at+")", expression)
	}
	return strings.NewReplacer(words...).Replace(text)
}
