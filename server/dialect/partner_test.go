package dialect_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
)

// mouth says what a test has it say.
type mouth struct {
	outcome dialect.Outcome
	notices []dialect.Notice
	items   []dialect.Item
	err     error
}

func (*mouth) Idempotent() bool { return true }

func (m *mouth) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return m.outcome, m.err
}

func (m *mouth) Inquire(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return m.outcome, m.err
}

func (m *mouth) Cancel(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return m.outcome, m.err
}

func (m *mouth) CancelTickets(context.Context, dialect.Purchase, []dialect.Goods) error { return m.err }

func (m *mouth) Receive(dialect.Message) ([]dialect.Notice, error) { return m.notices, m.err }

func (*mouth) Acknowledge(error) dialect.Answer { return dialect.Answer{Status: 200} }

func (m *mouth) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	return cmp.Or(take(m.items), m.err)
}

// ways are all through which an outcome comes in.
func ways(t *testing.T, m *mouth, check func(o dialect.Outcome, err error)) {
	t.Helper()
	p := dialect.NewPartner(m)
	for _, ask := range []func(context.Context, dialect.Purchase) (dialect.Outcome, error){p.Place, p.Inquire, p.Cancel} {
		check(ask(t.Context(), dialect.Purchase{}))
	}
}

func TestTextsOfProviders(t *testing.T) {
	tests := []struct{ name, said, kept string }{
		{"plain", "Sold out, หมดแล้ว", "Sold out, หมดแล้ว"},
		{"NUL", "a\x00b", "ab"},
		{"escape", "\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"C1", "a\u009b31mb", "a31mb"},
		{"lines", "a\r\nb\tc\u2028d\u0085e", "a  b c d e"},
		{"bidi", "abc\u202edef\u2066\u200f", "abcdef"},
		{"no UTF-8", "a\xff\xfeb", "a\uFFFD\uFFFDb"},
		{"long", strings.Repeat("ก", 501), strings.Repeat("ก", 500)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &mouth{outcome: dialect.Outcome{State: dialect.Refused, FailureCode: tt.said, FailureMessage: tt.said}}
			ways(t, m, func(o dialect.Outcome, err error) {
				require.NoError(t, err)
				require.Equal(t, tt.kept, o.FailureMessage)
				require.LessOrEqual(t, utf8.RuneCountInString(o.FailureCode), 255)
			})
			m.err = errors.Join(dialect.ErrMalformed, errors.New(tt.said))
			ways(t, m, func(_ dialect.Outcome, err error) {
				require.ErrorIs(t, err, dialect.ErrMalformed)
				require.False(t, strings.ContainsFunc(err.Error(), unicode.IsControl), "%q", err)
				require.LessOrEqual(t, utf8.RuneCountInString(err.Error()), 500)
			})
		})
	}
}

func TestIdentifiersOfProviders(t *testing.T) {
	for name, id := range map[string]string{
		"long": strings.Repeat("9", 256), "huge": strings.Repeat("9", 3<<20), "NUL": "A\x00", "escape": "A\x1b[2J",
		"no UTF-8": "A\xff", "replaced": "A\uFFFD",
	} {
		t.Run(name, func(t *testing.T) {
			m := &mouth{outcome: dialect.Outcome{State: dialect.Accepted, ProviderReference: id}}
			ways(t, m, func(_ dialect.Outcome, err error) {
				require.ErrorIs(t, err, dialect.ErrMalformed, "who accepts it under such a name cannot be asked")
				require.NotErrorIs(t, err, dialect.ErrNotSent, "but it may have been bought")
			})
			m.outcome = dialect.Outcome{
				State: dialect.Delivered, ProviderReference: id, Goods: []dialect.Goods{{Content: "CODE"}},
			}
			ways(t, m, func(o dialect.Outcome, err error) {
				require.NoError(t, err)
				require.Empty(t, o.ProviderReference)
				require.Equal(t, m.outcome.Goods, o.Goods, "what was delivered is not lost")
			})
			m.notices = []dialect.Notice{{ID: id, Reference: "ours", ProviderReference: id}}
			notices, err := dialect.NewPartner(m).Receive(dialect.Message{})
			require.NoError(t, err)
			require.Len(t, notices[0].ID, 64)
			require.Equal(t, "ours", notices[0].Reference)
			require.Empty(t, notices[0].ProviderReference)
			m.items = []dialect.Item{
				{SKU: id, Name: "x"}, {SKU: "GOOD", Name: "a\x1bb", Currency: "THB\x00", Cost: 4, Stock: -7},
			}
			var items []dialect.Item
			unusable, err := dialect.NewPartner(m).ListItems(t.Context(), func(part []dialect.Item) error {
				items = append(items, part...)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, 1, unusable)
			require.Equal(
				t, []dialect.Item{{SKU: "GOOD", Name: "ab", Stock: -1, Flaw: "its currency is none of ISO 4217"}}, items,
			)
		})
	}
	m := &mouth{outcome: dialect.Outcome{State: dialect.Accepted, ProviderReference: strings.Repeat("ก", 255)}}
	ways(t, m, func(o dialect.Outcome, err error) {
		require.NoError(t, err)
		require.Equal(t, m.outcome.ProviderReference, o.ProviderReference)
	})
}

func TestGoodsOfProviders(t *testing.T) {
	for _, content := range []string{"CODE", "two\nlines\r\n", " with blanks ", "\x1b[31m", "\ufeffCODE", ""} {
		m := &mouth{outcome: dialect.Outcome{State: dialect.Delivered, Goods: []dialect.Goods{{Content: content}}}}
		ways(t, m, func(o dialect.Outcome, err error) {
			require.NoError(t, err)
			require.Equal(t, content, o.Goods[0].Content, "as the provider means it")
		})
	}
	for name, g := range map[string]dialect.Goods{
		"no UTF-8": {Content: "\xc3\xcb\xd1"}, "replaced": {Content: "A\uFFFD"}, "NUL": {Content: "CODE\x00"},
		"huge":   {Content: strings.Repeat("x", 65<<10)},
		"ticket": {Content: "fine", TicketCode: strings.Repeat("9", 256)},
	} {
		t.Run(name, func(t *testing.T) {
			m := &mouth{
				outcome: dialect.Outcome{
					State: dialect.Delivered, ProviderReference: "theirs", Goods: []dialect.Goods{{Content: "x"}, g},
				},
			}
			ways(t, m, func(o dialect.Outcome, err error) {
				require.ErrorIs(t, err, dialect.ErrUnreadable)
				require.Equal(t, dialect.Outcome{State: dialect.Delivered, ProviderReference: "theirs"}, o)
			})
		})
	}
}

func TestWaitsOfProviders(t *testing.T) {
	for said, kept := range map[time.Duration]time.Duration{
		-time.Second: 0, time.Minute: time.Minute, 25 * time.Hour: 24 * time.Hour, 1<<63 - 1: 24 * time.Hour,
	} {
		m := &mouth{outcome: dialect.Outcome{State: dialect.Accepted, CheckAfter: said}}
		ways(t, m, func(o dialect.Outcome, err error) {
			require.NoError(t, err)
			require.Equal(t, kept, o.CheckAfter)
		})
		m.err = &dialect.BusyError{After: said}
		ways(t, m, func(_ dialect.Outcome, err error) {
			var busy *dialect.BusyError
			require.ErrorAs(t, err, &busy)
			require.Equal(t, kept, busy.After)
		})
	}
}

// endless lists for ever.
type endless struct{ mouth }

func (endless) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	for {
		if err := take(make([]dialect.Item, 1000)); err != nil {
			return err
		}
	}
}

func TestListsOfProviders(t *testing.T) {
	took := 0
	_, err := dialect.NewPartner(&endless{}).ListItems(t.Context(), func([]dialect.Item) error {
		took++
		return nil
	})
	require.ErrorIs(t, err, dialect.ErrEndless)
	require.Equal(t, dialect.MostListed/1000, took)

	ours := errors.New("ours")
	_, err = dialect.NewPartner(&endless{}).ListItems(t.Context(), func([]dialect.Item) error { return ours })
	require.Equal(t, ours, err, "who reads it may stop")

	for name, tt := range map[string]struct {
		item dialect.Item
		flaw string
	}{
		"says nothing":     {dialect.Item{}, ""},
		"a cost":           {dialect.Item{Cost: 5, Currency: "THB"}, ""},
		"negative":         {dialect.Item{Cost: -5, Currency: "THB"}, "its cost is negative"},
		"absurd":           {dialect.Item{Cost: 1e18, Currency: "THB"}, "its cost has more than 12 digits before the point"},
		"no currency":      {dialect.Item{Cost: 5}, "its currency is none of ISO 4217"},
		"unknown currency": {dialect.Item{Cost: 5, Currency: "ZZZ"}, "its currency is none of ISO 4217"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.item.SKU = "x"
			m := &mouth{items: []dialect.Item{tt.item}}
			_, err := dialect.NewPartner(m).ListItems(t.Context(), func(items []dialect.Item) error {
				require.Equal(t, tt.flaw, items[0].Flaw)
				require.Equal(t, tt.flaw != "", items[0].Cost == 0 && tt.item.Cost != 0, "what is wrong is left out")
				return nil
			})
			require.NoError(t, err)
		})
	}
}
