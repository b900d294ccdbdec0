package order

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
)

// entries are as many pairs, with names of their own.
func entries(n int) map[string]string {
	m := make(map[string]string, n)
	for i := range n {
		m["name"+strconv.Itoa(i)] = "value"
	}
	return m
}

// The limits of what a draft carries: each case is a bound, and what is just beyond it.
func TestDraftLimits(t *testing.T) {
	text := func(n int) string { return strings.Repeat("ü", n) } // of characters, not of bytes
	line := func(d *Draft) *DraftLine { return &d.Lines[0] }
	for _, tt := range []struct {
		name         string
		good, beyond func(*Draft)
		field        string
	}{
		{
			"reference", func(d *Draft) { d.Reference = text(255) }, func(d *Draft) { d.Reference = text(256) },
			"reference_id",
		},
		{"no reference", func(d *Draft) { d.Reference = "" }, func(d *Draft) { d.Reference = "a\nb" }, "reference_id"},
		{
			"user", func(d *Draft) { d.Recipient.UserID = text(255) }, func(d *Draft) { d.Recipient.UserID = text(256) },
			"recipient.user_id",
		},
		{
			"server", func(d *Draft) { d.Recipient.ServerID = text(255) },
			func(d *Draft) { d.Recipient.ServerID = text(256) }, "recipient.server_id",
		},
		{
			"character", func(d *Draft) { d.Recipient.CharacterID = text(255) },
			func(d *Draft) { d.Recipient.CharacterID = "\xff" }, "recipient.character_id",
		},
		{
			"lines", func(d *Draft) { d.Lines = repeated(d.Lines[0], 100) },
			func(d *Draft) { d.Lines = repeated(d.Lines[0], 101) }, "lines",
		},
		{"one line", func(*Draft) {}, func(d *Draft) { d.Lines = nil }, "lines"},
		{"coupon", func(d *Draft) { d.Coupon = text(64) }, func(d *Draft) { d.Coupon = text(65) }, "coupon"},
		{
			"address", func(d *Draft) { d.NotifyURL = strings.Repeat("x", 2048) },
			func(d *Draft) { d.NotifyURL = strings.Repeat("x", 2049) }, "notify_url",
		},
		{"sku", func(d *Draft) { line(d).SKU = text(100) }, func(d *Draft) { line(d).SKU = text(101) }, "lines[0].sku"},
		{"a sku", func(d *Draft) { line(d).SKU = "x" }, func(d *Draft) { line(d).SKU = "" }, "lines[0].sku"},
		{"one unit", func(d *Draft) { line(d).Quantity = 1 }, func(d *Draft) { line(d).Quantity = 0 }, "lines[0].quantity"},
		{
			"units", func(d *Draft) { line(d).Quantity = 1_000_000 }, func(d *Draft) { line(d).Quantity = 1_000_001 },
			"lines[0].quantity",
		},
		{
			"the line's reference", func(d *Draft) { line(d).ExternalReference = text(255) },
			func(d *Draft) { line(d).ExternalReference = text(256) }, "lines[0].external_reference",
		},
		{
			"fields", func(d *Draft) { line(d).Fields = entries(50) }, func(d *Draft) { line(d).Fields = entries(51) },
			"lines[0].fields",
		},
		{
			"a field's name", func(d *Draft) { line(d).Fields = map[string]string{text(64): ""} },
			func(d *Draft) { line(d).Fields = map[string]string{text(65): ""} }, "lines[0].fields",
		},
		{
			"a field has a name", func(d *Draft) { line(d).Fields = map[string]string{"x": ""} },
			func(d *Draft) { line(d).Fields = map[string]string{"": "x"} }, "lines[0].fields",
		},
		{
			"a field's value", func(d *Draft) { line(d).Fields = map[string]string{"x": text(1000)} },
			func(d *Draft) { line(d).Fields = map[string]string{"x": text(1001)} }, "lines[0].fields",
		},
		{
			"each field once", func(d *Draft) { line(d).Fields = map[string]string{"user": "1", "users": "2"} },
			func(d *Draft) { line(d).Fields = map[string]string{"user": "1", "USER": "2"} }, "lines[0].fields",
		},
		{
			"two forms of a letter that has three", func(d *Draft) { line(d).Fields = map[string]string{"s": "1", "t": "2"} },
			func(d *Draft) { line(d).Fields = map[string]string{"s": "1", "ſ": "2"} }, "lines[0].fields",
		},
		{
			"day", func(d *Draft) { line(d).UseDate = "2028-02-29" }, func(d *Draft) { line(d).UseDate = "2027-02-29" },
			"lines[0].use_date",
		},
		{
			"metadata", func(d *Draft) { d.Metadata = entries(50) }, func(d *Draft) { d.Metadata = entries(51) }, "metadata",
		},
		{
			"a key", func(d *Draft) { d.Metadata = map[string]string{text(64): ""} },
			func(d *Draft) { d.Metadata = map[string]string{text(65): ""} }, "metadata",
		},
		{
			"a value of several lines", func(d *Draft) { d.Metadata = map[string]string{"x": text(498) + "\r\n"} },
			func(d *Draft) { d.Metadata = map[string]string{"x": text(501)} }, "metadata",
		},
		{
			"a value is text", func(d *Draft) { d.Metadata = map[string]string{"x": "\t"} },
			func(d *Draft) { d.Metadata = map[string]string{"x": "\x00"} }, "metadata",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &Draft{Reference: "r", Lines: []DraftLine{{SKU: "S", Quantity: 1}}}
			tt.good(d)
			require.NoError(t, d.check())
			tt.beyond(d)
			bad := &errs.InvalidError{}
			require.ErrorAs(t, d.check(), &bad)
			require.Len(t, bad.Violations, 1)
			require.Equal(t, tt.field, bad.Violations[0].Field)
		})
	}
}

func repeated(l DraftLine, times int) []DraftLine {
	lines := make([]DraftLine, times)
	for i := range lines {
		lines[i] = l
	}
	return lines
}

// Everything that is wrong is told at once, each with its place.
func TestDraftTellsAllThatIsWrong(t *testing.T) {
	d := &Draft{Reference: "\x00", Coupon: "\t", Lines: []DraftLine{{SKU: "S", Quantity: 1}, {UseDate: "tomorrow"}}}
	bad := &errs.InvalidError{}
	require.ErrorAs(t, d.check(), &bad)
	var fields []string
	for _, v := range bad.Violations {
		fields = append(fields, v.Field)
	}
	require.Equal(
		t, []string{"reference_id", "lines[1].sku", "lines[1].quantity", "lines[1].use_date", "coupon"}, fields,
	)
}

// A door's further content makes two requests different, and so does what is next
// to it: no two lists of texts are one.
func TestFingerprintCountsWhatTheDoorAdds(t *testing.T) {
	prints := make(map[[32]byte]string)
	for name, d := range map[string]*Draft{
		"nothing":        {Lines: []DraftLine{{SKU: "S", Quantity: 1}}},
		"content":        {Lines: []DraftLine{{SKU: "S", Quantity: 1}}, Content: []byte("x")},
		"day":            {Lines: []DraftLine{{SKU: "S", Quantity: 1, UseDate: "x"}}},
		"line reference": {Lines: []DraftLine{{SKU: "S", Quantity: 1, ExternalReference: "x"}}},
		"server":         {Lines: []DraftLine{{SKU: "S", Quantity: 1}}, Recipient: Recipient{ServerID: "x"}},
		"character":      {Lines: []DraftLine{{SKU: "S", Quantity: 1}}, Recipient: Recipient{CharacterID: "x"}},
		"sku":            {Lines: []DraftLine{{SKU: "Sx", Quantity: 1}}},
		"coupon":         {Lines: []DraftLine{{SKU: "S", Quantity: 1}}, Coupon: "x"},
	} {
		fingerprint := d.Fingerprint()
		require.Empty(t, prints[fingerprint], name)
		prints[fingerprint] = name
	}
}
