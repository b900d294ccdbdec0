package jsonhttp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/money"
)

func readStatement(t *testing.T, c *Connector) (all []dialect.Entry, err error) {
	t.Helper()
	from := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	take := func(part []dialect.Entry) error {
		all = append(all, part...)
		return nil
	}
	err = dialect.NewPartner(c).ReadStatement(t.Context(), from, from.AddDate(0, 1, 0), take)
	return all, err
}

func TestReadStatement(t *testing.T) {
	pages := []string{
		`{"rows":[{"reference":"att_1","orderId":"G-1","time":"2026-05-14T09:30:00Z","says":"charged","amount":"17.00",
			"currency":"THB"},{"reference":"att_2","time":"2026-05-14T16:30:00+07:00","says":"refused"}],"nextCursor":"p2"}`,
		`{"rows":[{"orderId":"G-1","time":"2026-05-20T00:00:00.5Z","says":"credited","amount":"8.50","currency":"THB"},
			{"reference":"att_3","time":"2026-05-21T00:00:00Z","says":"open"},
			{"reference":"att_4","orderId":"` + strings.Repeat("x", 300) + `","time":"2026-05-21T00:00:00Z","says":"open"}]}`,
	}
	n := 0
	c, p := connect(t, func(outboundtest.Call) outboundtest.Reply {
		n++
		return outboundtest.Reply{Status: 200, Body: pages[n-1]}
	})
	all, err := readStatement(t, c)
	require.NoError(t, err)
	at := time.Date(2026, 5, 14, 9, 30, 0, 0, time.UTC)
	thb := func(amount money.Amount) money.Sum { return money.Sum{Amount: amount, Currency: "THB"} }
	for i := range all {
		all[i].At = all[i].At.UTC()
	}
	require.Equal(t, []dialect.Entry{
		{Reference: "att_1", ProviderReference: "G-1", At: at, Says: dialect.SaysCharged, Sum: thb(17_000_000)},
		{Reference: "att_2", At: at, Says: dialect.SaysRefused},
		{
			ProviderReference: "G-1", At: time.Date(2026, 5, 20, 0, 0, 0, 500e6, time.UTC), Says: dialect.SaysCredited,
			Sum: thb(8_500_000),
		},
		{Reference: "att_3", At: time.Date(2026, 5, 21, 0, 0, 0, 0, time.UTC)},
		{Reference: "att_4", At: time.Date(2026, 5, 21, 0, 0, 0, 0, time.UTC)},
	}, all)
	require.JSONEq(
		t, `{"type":"statement","from":"2026-05-01T00:00:00Z","to":"2026-06-01T00:00:00Z","limit":500}`, p.Calls[0].Content,
	)
	require.JSONEq(t, `{"type":"statement","from":"2026-05-01T00:00:00Z","to":"2026-06-01T00:00:00Z","limit":500,
		"cursor":"p2"}`, p.Calls[1].Content)

	c, _ = connect(t, answering(400, `{"error":{"code":"not_supported"}}`))
	_, err = readStatement(t, c)
	require.ErrorIs(t, err, dialect.ErrNoStatement)
}

// A statement that is not whole or cannot be read is none.
func TestNoStatement(t *testing.T) {
	row := func(text string) string {
		return `{"rows":[{"reference":"a","time":"2026-05-14T09:30:00Z",` + text + `}]}`
	}
	for name, body := range map[string]string{
		"an error page": `<html>`, "nothing": `{}`, "unknown word": row(`"says":"paid"`), "no word": row(`"amount":"1"`),
		"nobody's": `{"rows":[{"time":"2026-05-21T00:00:00Z","says":"open"}]}`,
		"no such name": `{"rows":[{"time":"2026-05-21T00:00:00Z","says":"open","orderId":"` +
			strings.Repeat("x", 300) + `"}]}`,
		"no time":     `{"rows":[{"reference":"a","says":"open"}]}`,
		"a number":    row(`"says":"charged","amount":1,"currency":"THB"`),
		"no amount":   row(`"says":"charged","amount":"-1","currency":"THB"`),
		"no currency": row(`"says":"charged","amount":"1"`),
	} {
		c, _ := connect(t, answering(200, body))
		_, err := readStatement(t, c)
		require.ErrorIs(t, err, dialect.ErrMalformed, name)
	}
	c, _ := connect(t, answering(200, `{"rows":[],"nextCursor":"p2"}`))
	_, err := readStatement(t, c)
	require.ErrorIs(t, err, dialect.ErrEndless, "the cursor comes back")
	c, _ = connect(t, answering(500, `{}`))
	_, err = readStatement(t, c)
	require.Error(t, err)

	// One that goes on for ever ends at the bound, and nothing of it is kept.
	page := `{"rows":[` + strings.Repeat(`{"reference":"a","time":"2026-05-14T09:30:00Z","says":"open"},`, 499) +
		`{"reference":"a","time":"2026-05-14T09:30:00Z","says":"open"}],"nextCursor":"p%d"}`
	n := 0
	c, _ = connect(t, func(outboundtest.Call) outboundtest.Reply {
		n++
		return outboundtest.Reply{Status: 200, Body: fmt.Sprintf(page, n)}
	})
	_, err = readStatement(t, c)
	require.ErrorIs(t, err, dialect.ErrEndless)
	require.Equal(t, dialect.MostEntries/rowsPage+1, n)
}
