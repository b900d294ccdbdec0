package contract

import (
	"io"
	"iter"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// marginColumns are those of a sheet of margins. Columns are only ever added at the end.
var marginColumns = []string{
	"date", "product", "provider", "merchant", "currency", "units", "failed_units", "revenue", "cost", "margin",
	"unpriced_units",
}

// WriteMargins writes margins as CSV while they are read. The heading is there without any too. Amounts stay numbers: a
// minus is theirs.
func WriteMargins(w io.Writer, margins iter.Seq2[*orderhubv1.Margin, error]) error {
	return writeSheet(w, marginColumns, margins, func(m *orderhubv1.Margin) [][]string {
		return [][]string{{
			m.GetDate(), Plain(m.GetProduct()), Plain(m.GetProvider()), Plain(m.GetMerchant()), m.GetCurrency(),
			strconv.FormatInt(m.GetUnits(), 10), strconv.FormatInt(m.GetFailedUnits(), 10), m.GetRevenueAmount(),
			m.GetCostAmount(), m.GetMarginAmount(), strconv.FormatInt(m.GetUnpricedUnits(), 10),
		}}
	})
}
