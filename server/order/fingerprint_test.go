package order_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

func TestFingerprint(t *testing.T) {
	base := func() *order.Draft {
		return &order.Draft{
			Recipient: order.Recipient{UserID: "u"}, Coupon: "ten", Metadata: map[string]string{"a": "1", "b": "2"},
			Lines: []order.DraftLine{{SKU: "S", Quantity: 1, Fields: map[string]string{"userid": "x"}}},
		}
	}
	same := map[string]func(*order.Draft){
		"door":                 func(d *order.Draft) { d.Door = "gameso" },
		"letter case of code":  func(d *order.Draft) { d.Coupon = "TEN" },
		"letter case of field": func(d *order.Draft) { d.Lines[0].Fields = map[string]string{"UserID": "x"} },
		"expected total":       func(d *order.Draft) { total := baht("1.00"); d.ExpectedTotal = &total },
	}
	for name, change := range same {
		d := base()
		change(d)
		require.Equal(t, base().Fingerprint(), d.Fingerprint(), name)
	}
	different := map[string]func(*order.Draft){
		"quantity":       func(d *order.Draft) { d.Lines[0].Quantity = 2 },
		"sku":            func(d *order.Draft) { d.Lines[0].SKU = "T" },
		"field":          func(d *order.Draft) { d.Lines[0].Fields["userid"] = "y" },
		"one line more":  func(d *order.Draft) { d.Lines = append(d.Lines, d.Lines[0]) },
		"recipient":      func(d *order.Draft) { d.Recipient = order.Recipient{ServerID: "u"} },
		"metadata":       func(d *order.Draft) { d.Metadata["b"] = "3" },
		"metadata moved": func(d *order.Draft) { d.Metadata = map[string]string{"a": "1b", "": "2"} },
		"notify url":     func(d *order.Draft) { d.NotifyURL = "https://example.com" },
	}
	for name, change := range different {
		d := base()
		change(d)
		require.NotEqual(t, base().Fingerprint(), d.Fingerprint(), name)
	}
}
