package order_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

// topUp is bought from a provider, whose recipient has to be checked.
func topUp(id int64, price string) *catalog.Product {
	p := codes(id, price)
	p.Source, p.RecipientCheckWithin = catalog.SourceProvider, time.Hour
	return p
}

func checked(s *order.State, c *order.Candidate, line int, check recipient.Check) {
	mark, _ := c.RecipientMark(line)
	if s.Checks == nil {
		s.Checks = make(map[recipient.Mark]*recipient.Check)
	}
	s.Checks[mark] = &check
}

func TestJudgeWantsRecipientsChecked(t *testing.T) {
	long := topUp(3, "1.00")
	long.RecipientCheckWithin = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		check func(s *order.State, c *order.Candidate)
		want  []order.LineReason // of the first line and the second
	}{
		{"never", func(*order.State, *order.Candidate) {}, []order.LineReason{"RECIPIENT_UNCHECKED", "RECIPIENT_UNCHECKED"}},
		{"found", func(s *order.State, c *order.Candidate) {
			checked(s, c, 0, recipient.Check{Found: true, At: noon.Add(-time.Hour)})
			checked(s, c, 1, recipient.Check{Found: true, At: noon.Add(-24 * time.Hour)})
		}, nil},
		{"too long ago for one", func(s *order.State, c *order.Candidate) {
			checked(s, c, 0, recipient.Check{Found: true, At: noon.Add(-time.Hour - 1)})
			checked(s, c, 1, recipient.Check{Found: true, At: noon.Add(-time.Hour - 1)})
		}, []order.LineReason{"RECIPIENT_UNCHECKED"}},
		{"nobody", func(s *order.State, c *order.Candidate) {
			checked(s, c, 0, recipient.Check{At: noon})
			checked(s, c, 1, recipient.Check{Found: true, At: noon})
		}, []order.LineReason{"RECIPIENT_NOT_FOUND"}},
		{"nobody, long ago", func(s *order.State, c *order.Candidate) {
			checked(s, c, 0, recipient.Check{At: noon.Add(-2 * time.Hour)})
			checked(s, c, 1, recipient.Check{Found: true, At: noon})
		}, []order.LineReason{"RECIPIENT_UNCHECKED"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := topUp(2, "1.00")
			s := state(one, long)
			c := candidate("r", order.PricedLine{Product: one, Quantity: 1}, order.PricedLine{Product: long, Quantity: 1})
			c.Draft.Recipient.UserID = "player-1"
			tt.check(s, c)
			verdict := judge(t, s, []*order.Candidate{c})[0]
			if tt.want == nil {
				require.NotNil(t, verdict.Accepted)
				return
			}
			var reasons []order.LineReason
			for _, p := range as[*order.LinesError](t, verdict.Err).Problems {
				reasons = append(reasons, p.Reason)
			}
			require.Equal(t, tt.want, reasons)
			require.Equal(t, baht("100.00"), s.Wallets[7].Balance)
		})
	}
}

// Each merchant, recipient and product has a check of its own, and every field of the product counts.
func TestChecksAreOfOneRecipient(t *testing.T) {
	p := topUp(2, "1.00")
	line := order.PricedLine{Product: p, Quantity: 1, Fields: map[string]string{"zone": "7"}}
	for name, change := range map[string]func(c *order.Candidate){
		"another user":     func(c *order.Candidate) { c.Draft.Recipient.UserID = "player-2" },
		"another server":   func(c *order.Candidate) { c.Draft.Recipient.ServerID = "eu" },
		"another field":    func(c *order.Candidate) { c.Lines[0].Fields = map[string]string{"zone": "8"} },
		"another merchant": func(c *order.Candidate) { c.Draft.MerchantID = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			s := state(p)
			s.Wallets[8] = &order.WalletState{AccountID: 80, Currency: thb, Balance: baht("100.00")}
			known, other := candidate("a", line), candidate("b", line)
			known.Draft.Recipient.UserID, other.Draft.Recipient.UserID = "player-1", "player-1"
			change(other)
			checked(s, known, 0, recipient.Check{Found: true, At: noon})
			verdicts := judge(t, s, []*order.Candidate{other, known})
			require.Equal(t, order.ReasonRecipientUnchecked, as[*order.LinesError](t, verdicts[0].Err).Problems[0].Reason)
			require.NotNil(t, verdicts[1].Accepted)
		})
	}
}

// A line that is out of stock says so, whoever receives it; the others say what is wrong with them.
func TestStockIsToldBeforeRecipients(t *testing.T) {
	day := topUp(2, "1.00")
	day.Dated = true
	s := state(day)
	s.Allotments = map[order.AllotmentKey]*order.AllotmentState{{ProductID: 2, UseDate: "2026-12-24"}: {Capacity: 1}}
	c := candidate("r", order.PricedLine{Product: day, Quantity: 1}, order.PricedLine{Product: day, Quantity: 1})
	for i := range c.Draft.Lines {
		c.Draft.Lines[i].UseDate = "2026-12-24"
	}
	problems := as[*order.LinesError](t, judge(t, s, []*order.Candidate{c})[0].Err).Problems
	require.Len(t, problems, 2)
	require.Equal(t, order.ReasonRecipientUnchecked, problems[0].Reason)
	require.Equal(t, order.ReasonOutOfStock, problems[1].Reason)
}

// At a door that has recipients checked on the way, one that was not found is asked for again with each order.
func TestWhoWasNotFoundIsAskedForAgain(t *testing.T) {
	product := topUp(1, "10.00")
	for _, tt := range []struct {
		name  string
		found recipient.Check
		fails error
		want  order.LineReason // "" for an order
	}{
		{"found by now", recipient.Check{Found: true, At: noon}, nil, ""},
		{"still nobody", recipient.Check{At: noon}, nil, order.ReasonRecipientNotFound},
		{"too often", recipient.Check{At: noon}, errors.New("too often"), order.ReasonRecipientNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(product)
			s := serve(t, m, order.Options{})
			d := draft("r", "CODE1", 2)
			d.Recipient.UserID = "player-1"
			mark := recipient.MarkOf(7, 1, &recipient.Who{UserID: "player-1"})
			m.state.Checks = map[recipient.Mark]*recipient.Check{mark: {At: noon.Add(-time.Minute)}}
			asked := 0
			d.CheckRecipient = func(context.Context, *catalog.Product, recipient.Who) error {
				asked++
				m.state.Checks = map[recipient.Mark]*recipient.Check{mark: &tt.found}
				return tt.fails
			}
			_, err := s.Create(t.Context(), d)
			require.Equal(t, 1, asked)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tt.want, as[*order.LinesError](t, err).Problems[0].Reason)
			require.Empty(t, m.orders)
		})
	}
}

// A door whose callers have no call for it has recipients checked on the way, once; a repeat needs none, and what was
// placed stays so.
func TestRecipientsAreCheckedOnTheWay(t *testing.T) {
	product := topUp(1, "10.00")
	limited := errors.New("too often")
	for _, tt := range []struct {
		name  string
		found *recipient.Check
		fails error
		want  order.LineReason // "" for an order
	}{
		{"found", &recipient.Check{Found: true, At: noon}, nil, ""},
		{"nobody", &recipient.Check{At: noon}, nil, order.ReasonRecipientNotFound},
		{"cannot be told", nil, nil, order.ReasonRecipientUnchecked},
		{"too often", nil, limited, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(product)
			s := serve(t, m, order.Options{})
			d := draft("r", "CODE1", 2)
			d.Lines = append(d.Lines, d.Lines[0])
			d.Recipient.UserID = "player-1"
			asked := 0
			d.CheckRecipient = func(_ context.Context, p *catalog.Product, w recipient.Who) error {
				asked++
				require.Equal(t, recipient.Who{UserID: "player-1"}, w)
				if tt.found != nil {
					m.state.Checks = map[recipient.Mark]*recipient.Check{recipient.MarkOf(7, p.ID, &w): tt.found}
				}
				return tt.fails
			}
			_, err := s.Create(t.Context(), d)
			require.Equal(t, 1, asked, "once for both lines")
			switch {
			case tt.fails != nil:
				require.ErrorIs(t, err, limited)
			case tt.want != "":
				require.Equal(t, tt.want, as[*order.LinesError](t, err).Problems[0].Reason)
				require.Empty(t, m.orders)
			default:
				require.NoError(t, err)
				m.state.Checks = nil
				require.True(t, create(t, s, d).Replayed)
				require.Equal(t, 1, asked)
			}
		})
	}
}

// Where nobody is named, nobody is asked.
func TestNobodyIsNotChecked(t *testing.T) {
	m := newMemory(topUp(1, "10.00"))
	s := serve(t, m, order.Options{})
	d := draft("r", "CODE1", 1)
	d.Recipient = order.Recipient{}
	d.CheckRecipient = func(context.Context, *catalog.Product, recipient.Who) error {
		t.Error("asked")
		return nil
	}
	_, err := s.Create(t.Context(), d)
	require.Equal(t, order.ReasonRecipientUnchecked, as[*order.LinesError](t, err).Problems[0].Reason)
}

// A quote shows what is missing beside what else is wrong.
func TestQuoteShowsRecipients(t *testing.T) {
	m := newMemory(topUp(1, "10.00"), codes(2, "1.00"))
	s := serve(t, m, order.Options{})
	d := draft("", "CODE1", 1)
	d.Lines = append(d.Lines, order.DraftLine{SKU: "NONE", Quantity: 1}, order.DraftLine{SKU: "CODE2", Quantity: 1})
	q, err := s.Quote(t.Context(), d)
	require.NoError(t, err)
	require.False(t, q.Orderable())
	require.Equal(t, order.ReasonRecipientUnchecked, q.Lines[0].Problem.Reason)
	require.Equal(t, baht("10.00"), q.Lines[0].Total)
	require.Equal(t, order.ReasonProductNotFound, q.Lines[1].Problem.Reason)
	require.Nil(t, q.Lines[2].Problem)
}

func TestRecipientOf(t *testing.T) {
	p := topUp(1, "10.00")
	p.Fields = []catalog.Field{{Identifier: "Zone", Required: true}}
	who, err := order.RecipientOf(p, order.Recipient{UserID: "u"}, map[string]string{"zone": "7", "other": "x"})
	require.NoError(t, err)
	require.Equal(t, recipient.Who{UserID: "u", Fields: map[string]string{"Zone": "7"}}, who)
	_, err = order.RecipientOf(p, order.Recipient{UserID: "u"}, nil)
	require.Equal(t, `fields["Zone"]`, as[*errs.InvalidError](t, err).Violations[0].Field)
}
