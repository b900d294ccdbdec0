package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/webhook"
)

var claimedAt = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func in(d time.Duration) *time.Time {
	at := claimedAt.Add(d)
	return &at
}

// TestClaimedAlone decides about deliveries that have no siblings.
func TestClaimedAlone(t *testing.T) {
	endpoint := func(format string, status webhook.Status) *webhook.Endpoint {
		return &webhook.Endpoint{ID: 7, Format: format, Status: status}
	}
	active := endpoint(webhook.FormatStandard, webhook.StatusActive)
	for name, c := range map[string]struct {
		delivery webhook.Claimed
		want     *webhook.Fate // nil: posted
	}{
		"to an active endpoint": {webhook.Claimed{EndpointID: 7, Endpoint: active}, nil},
		"to an own address":     {webhook.Claimed{}, nil},
		"unreadable": {
			webhook.Claimed{Unreadable: true}, &webhook.Fate{Status: webhook.DeliveryFailed, Reason: webhook.ReasonUnreadable},
		},
		"lost": {
			webhook.Claimed{Lost: true}, &webhook.Fate{Status: webhook.DeliveryFailed, Reason: webhook.ReasonLost},
		},
		"to a deleted endpoint": {
			webhook.Claimed{EndpointID: 7}, &webhook.Fate{Status: webhook.DeliveryFailed, Reason: webhook.ReasonEndpointDeleted},
		},
		"to an endpoint that is off": {
			webhook.Claimed{EndpointID: 7, Endpoint: endpoint(webhook.FormatStandard, webhook.StatusInactive)},
			&webhook.Fate{Status: webhook.DeliveryPending, Reason: webhook.ReasonEndpointInactive},
		},
		"in a format that does not wait": {
			webhook.Claimed{EndpointID: 7, Endpoint: endpoint(gameso.Name, webhook.StatusDisabled)},
			&webhook.Fate{Status: webhook.DeliveryFailed, Reason: webhook.ReasonEndpointInactive},
		},
		"without a secret": {
			webhook.Claimed{EndpointID: 7, Endpoint: active, Unsigned: true},
			&webhook.Fate{Status: webhook.DeliveryPending, Reason: webhook.ReasonUnsigned, NextAt: in(time.Hour)},
		},
		"without a secret and deleted": {
			webhook.Claimed{EndpointID: 7, Unsigned: true},
			&webhook.Fate{Status: webhook.DeliveryFailed, Reason: webhook.ReasonEndpointDeleted},
		},
	} {
		t.Run(name, func(t *testing.T) {
			claims := webhook.Claims{Now: claimedAt}
			c.delivery.ID = 1
			assert.Equal(t, c.want == nil, claims.Post(&c.delivery))
			if c.want == nil {
				assert.Empty(t, claims.Fates)
				return
			}
			c.want.DeliveryID = 1
			assert.Equal(t, []webhook.Fate{*c.want}, claims.Fates)
		})
	}
}

// TestClaimedAboutOneLine decides about three messages of one line to two endpoints.
func TestClaimedAboutOneLine(t *testing.T) {
	const line = 5
	active := &webhook.Endpoint{ID: 7, Format: bursagb.Name, Status: webhook.StatusActive}
	claimed := func(id, sequence int64) *webhook.Claimed {
		return &webhook.Claimed{ID: id, EndpointID: 7, Endpoint: active, LineID: line, Sequence: sequence}
	}
	sibling := func(id, sequence int64) webhook.Sibling {
		return webhook.Sibling{ID: id, EndpointID: 7, Sequence: sequence, Status: webhook.DeliveryPending}
	}
	superseded := func(id int64) webhook.Fate { return webhook.Fate{DeliveryID: id, Status: webhook.DeliverySuperseded} }

	t.Run("the newest of three goes", func(t *testing.T) {
		c := webhook.Claims{
			Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {sibling(1, 10), sibling(2, 20), sibling(3, 30)}},
		}
		assert.False(t, c.Post(claimed(1, 10)))
		assert.False(t, c.Post(claimed(2, 20)))
		assert.True(t, c.Post(claimed(3, 30)))
		assert.Equal(t, []webhook.Fate{superseded(1), superseded(2)}, c.Fates)
	})
	t.Run("it takes the place of older ones that were not claimed", func(t *testing.T) {
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {sibling(1, 10), sibling(2, 20)}}}
		assert.True(t, c.Post(claimed(2, 20)))
		assert.False(t, c.Post(claimed(1, 10)))
		assert.Equal(t, []webhook.Fate{superseded(1)}, c.Fates)
	})
	t.Run("it waits for one that is being posted", func(t *testing.T) {
		posting := sibling(1, 10)
		posting.Claimed = true
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {posting, sibling(2, 20)}}}
		assert.False(t, c.Post(claimed(2, 20)))
		assert.Equal(t, []webhook.Fate{{DeliveryID: 2, Status: webhook.DeliveryPending, NextAt: in(time.Second)}}, c.Fates)
	})
	t.Run("a newer one that is being posted has taken its place", func(t *testing.T) {
		posting := sibling(2, 20)
		posting.Claimed = true
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {sibling(1, 10), posting}}}
		assert.False(t, c.Post(claimed(1, 10)))
		assert.Equal(t, []webhook.Fate{superseded(1)}, c.Fates)
	})
	t.Run("what was delivered stays so", func(t *testing.T) {
		done := sibling(1, 10)
		done.Status = webhook.DeliveryDelivered
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {done, sibling(2, 20)}}}
		assert.True(t, c.Post(claimed(2, 20)))
		assert.Empty(t, c.Fates)
	})
	t.Run("another endpoint's are none of its business", func(t *testing.T) {
		other := sibling(3, 30)
		other.EndpointID = 8
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{line: {sibling(1, 10), other}}}
		assert.True(t, c.Post(claimed(1, 10)))
		assert.Empty(t, c.Fates)
	})
}

// TestOneMessageOfALine: whatever waits and in whatever order it is looked at, at most one message about a line is on
// its way to an endpoint, the newest, and all others have a fate.
func TestOneMessageOfALine(t *testing.T) {
	endpoint := &webhook.Endpoint{Format: bursagb.Name, Status: webhook.StatusActive}
	rapid.Check(t, func(t *rapid.T) {
		sequences := rapid.SliceOfNDistinct(rapid.Int64Range(1, 50), 1, 8, rapid.ID[int64]).Draw(t, "sequences")
		var siblings []webhook.Sibling
		var waiting []*webhook.Claimed
		newest, busy := make(map[int64]int64), make(map[int64]bool)
		for i, sequence := range sequences {
			s := webhook.Sibling{
				ID: int64(i + 1), EndpointID: rapid.Int64Range(7, 8).Draw(t, "endpoint"), Sequence: sequence,
				Status: webhook.DeliveryPending, Claimed: rapid.IntRange(0, 9).Draw(t, "claimed") == 0,
			}
			siblings = append(siblings, s)
			newest[s.EndpointID], busy[s.EndpointID] = max(newest[s.EndpointID], sequence), busy[s.EndpointID] || s.Claimed
			if !s.Claimed && rapid.Bool().Draw(t, "due") {
				waiting = append(waiting, &webhook.Claimed{
					ID: s.ID, EndpointID: s.EndpointID, Endpoint: endpoint, LineID: 5, Sequence: sequence,
				})
			}
		}
		c := webhook.Claims{Now: claimedAt, Siblings: map[int64][]webhook.Sibling{5: siblings}}
		posted := make(map[int64]bool) // deliveries
		for _, d := range rapid.Permutation(waiting).Draw(t, "order") {
			if c.Post(d) {
				posted[d.ID] = true
				assert.False(t, busy[d.EndpointID], "another is on its way")
				assert.Equal(t, newest[d.EndpointID], d.Sequence)
			}
		}
		fates := make(map[int64]int)
		for _, f := range c.Fates {
			fates[f.DeliveryID]++
			assert.False(t, siblings[f.DeliveryID-1].Claimed, "what is on its way is left alone")
		}
		for _, d := range waiting {
			assert.Equal(t, !posted[d.ID], fates[d.ID] == 1)
		}
	})
}

func TestBegin(t *testing.T) {
	for format, want := range map[string]webhook.DeliveryStatus{
		webhook.FormatStandard: webhook.DeliveryPending, bursagb.Name: webhook.DeliveryPending,
		gameso.Name: webhook.DeliveryFailed,
	} {
		status, _ := webhook.Begin(format, webhook.StatusInactive)
		assert.Equal(t, want, status, format)
		status, reason := webhook.Begin(format, webhook.StatusActive)
		assert.Equal(t, webhook.DeliveryPending, status, format)
		assert.Empty(t, reason)
	}
}
