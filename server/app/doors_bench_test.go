package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/demo"
	"orderhub/server/money"
)

// BenchmarkDoors compares a create through each partner's door with the same
// create through /hub/v1, in turn and with several callers: the ratio of their
// times should stay below 1.3.
//
//	go test ./server/app -run '^$' -bench Doors -benchtime 1x
func BenchmarkDoors(b *testing.B) {
	const (
		callers = 16
		orders  = 800 // of one measurement
		rounds  = 5
	)
	h := startDemo(b, sqliteConfig(b))
	for merchant, currency := range map[int64]money.Currency{1: "THB", 5: "TRY"} {
		_, _, err := h.Accounts.Deposit(
			b.Context(), account.Deposit{MerchantID: merchant, Currency: currency, Amount: 100_000_000 * money.Unit},
		)
		require.NoError(b, err)
	}
	park := func(reference string) request {
		r := restOrder(reference, "PARK_DAY", "1")
		r.body = strings.Replace(r.body, `"quantity":1`, `"quantity":1,"useDate":"2030-05-01"`, 1)
		return with(r, demo.ChannelKey)
	}
	gold := func(reference string) request {
		r := restOrder(reference, "GOLD_10", "1")
		r.body = strings.Replace(r.body, `"quantity":1`, `"quantity":1,"fields":{"userid":"12341234"}`, 1)
		return with(r, demo.ResellerKey)
	}
	for _, pair := range []struct {
		door          string
		through, same func(reference string) request
	}{
		{
			"GameSO", func(reference string) request { return gamesoOrderOf(reference, "DIAMOND_100", "1") },
			func(reference string) request { return restOrder(reference, "DIAMOND_100", "1") },
		},
		{"BursaGB", func(reference string) request {
			r := bursaOrderOf(reference, "1", "1")
			r.body = strings.Replace(
				r.body, `"Quantity":1`,
				`"Quantity":1,"RequireData":[{"ProductRequireID":1,"Identifier":"userid","Value":"12341234"}]`, 1,
			)
			return r
		}, gold},
		{
			"marketacc", func(reference string) request { return marketOrderOf(reference, "2", "1") },
			func(reference string) request { return restOrder(reference, "DIAMOND_100", "1") },
		},
		{"AX Cloud", func(reference string) request { return axOrderOf(reference, parkDay, parkDayOption, "1") }, park},
	} {
		b.Run(pair.door, func(b *testing.B) {
			var next atomic.Int64
			measure := func(door string, of func(string) request) time.Duration {
				began := time.Now()
				var running sync.WaitGroup
				for range callers {
					running.Go(func() {
						for range orders / callers {
							status, _, body := h.ask(b, door, of(fmt.Sprintf("bench-%s-%d", pair.door, next.Add(1))))
							if status != http.StatusOK && status != http.StatusCreated {
								b.Errorf("%s: %d %s", door, status, body)
								return
							}
						}
					})
				}
				running.Wait()
				return time.Since(began)
			}
			for b.Loop() {
				var ratios []float64
				for range rounds {
					hub := measure("REST", pair.same)
					ratios = append(ratios, float64(measure(pair.door, pair.through))/float64(hub))
				}
				slices.Sort(ratios)
				b.ReportMetric(ratios[rounds/2], "×hub")
			}
			require.False(b, b.Failed())
		})
	}
}
