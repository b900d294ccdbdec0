package fulfil_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/recipient"
)

// knower can be asked who exists.
type knower struct {
	act
	answer dialect.RecipientAnswer
	fails  error
	silent bool // never answers
	asked  []dialect.RecipientQuery
}

func (c *knower) CheckRecipient(ctx context.Context, q dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	c.asked = append(c.asked, q)
	if c.silent {
		<-ctx.Done()
		return dialect.RecipientAnswer{}, ctx.Err()
	}
	return c.answer, c.fails
}

// The best offer's provider that can tell decides; who cannot, says nothing.
func TestWhoIsAskedAboutRecipients(t *testing.T) {
	knows := func() *knower { return &knower{answer: dialect.RecipientAnswer{Exists: true, Name: " Ann\x07 "}} }
	denies := func() *knower { return &knower{answer: dialect.RecipientAnswer{Name: "of nobody"}} }
	fails := func() *knower { return &knower{fails: errors.New("500 for player-1")} }
	tells := func() *knower { return &knower{fails: dialect.ErrCannotTell} }
	exists := recipient.Answer{Result: recipient.Exists, Name: "Ann"}
	for _, tt := range []struct {
		name       string
		connectors []dialect.Connector
		want       recipient.Answer
		asked      []int // how often each is
	}{
		{"the first knows", []dialect.Connector{knows(), denies()}, exists, []int{1, 0}},
		{
			"the first denies",
			[]dialect.Connector{denies(), knows()},
			recipient.Answer{Result: recipient.NotFound},
			[]int{1, 0},
		},
		{"the first cannot be asked", []dialect.Connector{&act{}, knows()}, exists, []int{0, 1}},
		{"the first does not tell", []dialect.Connector{tells(), knows()}, exists, []int{1, 1}},
		{"the first fails", []dialect.Connector{fails(), knows()}, exists, []int{1, 1}},
		{"the first never answers", []dialect.Connector{&knower{silent: true}, knows()}, exists, []int{1, 1}},
		{
			"a failure is no no",
			[]dialect.Connector{fails(), tells()},
			recipient.Answer{Result: recipient.Unknown, Cause: recipient.Unavailable},
			[]int{1, 1},
		},
		{
			"nobody can be asked",
			[]dialect.Connector{&act{}, tells()},
			recipient.Answer{Result: recipient.Unknown, Cause: recipient.NotSupported},
			[]int{0, 1},
		},
		{
			"three at most",
			[]dialect.Connector{fails(), fails(), fails(), knows()},
			recipient.Answer{Result: recipient.Unknown, Cause: recipient.Unavailable},
			[]int{1, 1, 1, 0},
		},
		{
			"nobody sells it", nil, recipient.Answer{Result: recipient.Unknown, Cause: recipient.NotSupported}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, tt.connectors...)
				offers := make([]fulfil.Offer, len(tt.connectors))
				for i := range offers {
					offers[i] = fulfil.Offer{Priority: i, Currency: "THB", ProviderSKU: "theirs"}
				}
				d.sells(offers...)
				answer, err := d.engine.AskRecipient(
					t.Context(), &catalog.Product{ID: 5, Currency: "THB"},
					&recipient.Who{UserID: "player-1", ServerID: "eu", Fields: map[string]string{"zone": "7"}},
				)
				require.NoError(t, err)
				require.Equal(t, tt.want, answer)
				for i, c := range tt.connectors {
					asked, can := c.(*knower)
					if !can {
						continue
					}
					require.Len(t, asked.asked, tt.asked[i], "provider %d", i)
					for _, q := range asked.asked {
						require.Equal(t, dialect.RecipientQuery{
							SKU: "theirs", Recipient: dialect.Recipient{UserID: "player-1", ServerID: "eu"},
							Fields: map[string]string{"zone": "7"},
						}, q)
					}
				}
				require.Empty(t, d.attempts)
			})
		})
	}
}

// A provider that has not answered in four seconds has told nothing, and nobody waits longer; the log does not say who
// was meant.
func TestRecipientsAreAskedBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, &knower{silent: true}, &knower{fails: errors.New("who is player-1?")})
		d.sells(fulfil.Offer{Currency: "THB"}, fulfil.Offer{Currency: "THB"})
		var log bytes.Buffer
		e := fulfil.NewEngine(fulfil.Options{
			Store: d.memory, Providers: d.memory,
			Directory: directory{1: &knower{silent: true}, 2: &knower{fails: errors.New("who is player-1?")}},
			Log:       slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, CallTimeout: callTimeout,
		})
		defer e.Close()
		began := time.Now()
		answer, err := e.AskRecipient(
			t.Context(), &catalog.Product{ID: 5, Currency: "THB"}, &recipient.Who{UserID: "player-1"},
		)
		require.NoError(t, err)
		require.Equal(t, recipient.Unknown, answer.Result)
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Contains(t, log.String(), "provider-1")
		require.NotContains(t, log.String(), "player-1")
	})
}

// Questions take a part of a provider's calls at once, leave a provider alone that does not answer purchases, and
// never have it left alone themselves.
func TestQuestionsDoNotDisturbPurchases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		process := fulfil.NewProcess(nil, callTimeout)
		defer process.Close()
		p := &fulfil.Provider{ID: 1, Name: "one"}
		failed := errors.New("no answer")
		for range 20 {
			require.ErrorIs(t, process.Ask(t.Context(), p, func(context.Context) error { return failed }), failed)
		}
		require.Equal(t, "closed", process.Breaker(p))

		release := make(chan struct{})
		busy := 0
		for range 50 {
			go func() {
				_ = process.Ask(t.Context(), p, func(context.Context) error {
					busy++
					<-release
					return nil
				})
			}()
			synctest.Wait()
		}
		require.Equal(t, 8, busy, "a quarter of 32")
		require.NoError(t, process.Call(t.Context(), p, time.Minute, func(context.Context) error { return nil }))
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, process.Ask(brief, p, func(context.Context) error { return nil }), fulfil.ErrNoRoom)
		close(release)
		synctest.Wait()

		for range 5 {
			require.ErrorIs(
				t, process.Call(t.Context(), p, time.Minute, func(context.Context) error { return failed }), failed,
			)
		}
		asked := func() error { return process.Ask(t.Context(), p, func(context.Context) error { return nil }) }
		require.ErrorIs(t, asked(), fulfil.ErrLeftAlone)
		time.Sleep(10*time.Second + 1)
		require.NoError(t, asked(), "when a purchase would be tried again")
		require.Equal(t, "half-open", process.Breaker(p), "a purchase finds out whether it is back")
	})
}
