package console_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// Somebody of finance downloads what was ordered, and is told where the form is wrong.
func TestExportInABrowser(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("EPIN", 25, 9)
		o := h.place("shop-1001", "EPIN", 2)
		b := h.chromium("fay", operator.Finance)
		b.Press("Exports")
		b.Picture("exports")
		b.Accessible()
		b.Choose("What", "units")
		b.Fill("Merchant", "shop")
		b.Press("Download as CSV")
		b.See("Must be empty: units are not by merchant")
		b.Accessible()
		b.Choose("What", "lines of orders")
		require.Contains(t, b.Download("Download as CSV", "lines.csv"), o.Number+",shop-1001,shop,1,EPIN")
		b.Choose("What", "transfers")
		b.Fill("Status", "charge")
		require.Equal(t, 1, strings.Count(b.Download("Download as JSON lines", "transfers.jsonl"), "\n"))
	})
}
