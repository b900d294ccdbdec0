package fulfil_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/fulfil"
)

func TestGrant(t *testing.T) {
	even, odd := time.Unix(1000, 0), time.Unix(1002, 0)
	mine := func(held, wanted int) fulfil.Claim { return fulfil.Claim{Holder: "a", Held: held, Wanted: wanted} }
	other := func(held, wanted int) fulfil.Claim { return fulfil.Claim{Holder: "b", Held: held, Wanted: wanted} }
	for name, tt := range map[string]struct {
		mine   fulfil.Claim
		others []fulfil.Claim
		most   int
		at     time.Time
		want   fulfil.Places
	}{
		"alone, all that is wanted": {mine(0, 3), nil, 10, even, fulfil.Places{Held: 3}},
		"alone, all there is":       {mine(0, 30), nil, 10, even, fulfil.Places{Held: 10}},
		"nothing":                   {mine(0, 0), nil, 10, even, fulfil.Places{}},
		"what is left":              {mine(2, 9), []fulfil.Claim{other(6, 6)}, 10, even, fulfil.Places{Held: 4}},
		"no more than is free for a share": {
			mine(0, 9), []fulfil.Claim{other(10, 10)}, 10, even, fulfil.Places{},
		},
		"a half is given up": {
			mine(2, 10), []fulfil.Claim{other(0, 10)}, 10, even, fulfil.Places{Held: 5, Contended: true},
		},
		"not what is in use": {
			mine(9, 10), []fulfil.Claim{other(0, 10)}, 10, even, fulfil.Places{Held: 9, Contended: true},
		},
		"more than a half where the other needs less": {
			mine(0, 10), []fulfil.Claim{other(1, 2)}, 10, even, fulfil.Places{Held: 8, Contended: true},
		},
		"the only place, at first": {
			mine(0, 1), []fulfil.Claim{other(0, 1)}, 1, even, fulfil.Places{Held: 1, Contended: true},
		},
		"and not then": {mine(0, 1), []fulfil.Claim{other(0, 1)}, 1, odd, fulfil.Places{Contended: true}},
		"fewer than before": {
			mine(3, 5), []fulfil.Claim{other(2, 2)}, 4, even, fulfil.Places{Held: 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := fulfil.PlaceRequest{Claim: tt.mine, Most: tt.most}
			require.Equal(t, tt.want, r.Grant(tt.others, tt.at))
		})
	}
}

// TestGrantsNeverExceed whatever processes ask for in whatever order, and everybody
// who wants a place gets one in the end.
func TestGrantsNeverExceed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most, now := rapid.IntRange(1, 6).Draw(t, "most"), time.Unix(1000, 0)
		claims := make([]fulfil.Claim, rapid.IntRange(1, 5).Draw(t, "processes"))
		for i := range claims {
			claims[i].Holder = fmt.Sprint("p", i)
		}
		ask := func(i, used, wanted int) {
			others := append(append([]fulfil.Claim{}, claims[:i]...), claims[i+1:]...)
			r := fulfil.PlaceRequest{Claim: fulfil.Claim{Holder: claims[i].Holder, Held: used, Wanted: wanted}, Most: most}
			claims[i].Held, claims[i].Wanted = r.Grant(others, now).Held, wanted
			sum := 0
			for _, c := range claims {
				sum += c.Held
			}
			if sum > most {
				t.Fatalf("%d of %d places: %+v", sum, most, claims)
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			i := rapid.IntRange(0, len(claims)-1).Draw(t, "process")
			used := rapid.IntRange(0, claims[i].Held).Draw(t, "used")
			ask(i, used, used+rapid.IntRange(0, 5).Draw(t, "waiting"))
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
		}
		had := make(map[int]bool) // everybody wants all from here on, and calls are short
		for range len(claims) {
			for n := range 2 * len(claims) { // each asks twice in a round
				i := n % len(claims)
				ask(i, 0, most)
				had[i] = had[i] || claims[i].Held > 0
			}
			now = now.Add(2 * time.Second)
		}
		for i := range claims {
			if !had[i] {
				t.Fatalf("process %d never had a place", i)
			}
		}
	})
}

func TestTurns(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	ms := func(waits ...int) (list []time.Duration) {
		for _, wait := range waits {
			list = append(list, time.Duration(wait)*time.Millisecond)
		}
		return list
	}
	for name, tt := range map[string]struct {
		limits fulfil.Limits
		used   time.Duration // from now
		n      int
		waits  []time.Duration
		until  time.Duration
	}{
		"an unused rate, all of a minute at once": {
			fulfil.Limits{RequestsPerMinute: 3}, -time.Hour, 3, ms(0, 0, 0), time.Minute,
		},
		"a burst, then one after the other": {
			fulfil.Limits{RequestsPerMinute: 600, Burst: 2}, -time.Hour, 4, ms(0, 0, 100, 200), 400 * time.Millisecond,
		},
		"no further than a second ahead": {
			fulfil.Limits{RequestsPerMinute: 120, Burst: 1}, -time.Hour, 9, ms(0, 500, 1000), 1500 * time.Millisecond,
		},
		"none for now": {fulfil.Limits{RequestsPerMinute: 1, Burst: 1}, time.Minute, 5, nil, time.Minute},
		"behind others": {
			fulfil.Limits{RequestsPerMinute: 600, Burst: 1}, 300 * time.Millisecond, 2, ms(300, 400), 500 * time.Millisecond,
		},
		"nobody": {fulfil.Limits{RequestsPerMinute: 600}, 0, 0, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			waits, until := tt.limits.Turns(now.Add(tt.used), now, tt.n)
			require.Equal(t, tt.waits, waits)
			require.Equal(t, tt.until, until.Sub(now))
		})
	}
}
