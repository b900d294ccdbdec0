package webhook_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/event"
	"orderhub/server/webhook"
)

// replays keeps the replays of one endpoint.
type replays struct {
	webhook.Receivers // what no test asks for

	endpoint webhook.Endpoint
	selects  int64
	removed  event.Removed
	asked    []webhook.Query
	begun    []webhook.Replay
}

func (r *replays) Endpoint(_ context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	if merchantID != r.endpoint.MerchantID || id != r.endpoint.ID {
		return webhook.Endpoint{}, webhook.ErrEndpointNotFound
	}
	return r.endpoint, nil
}

func (r *replays) RemovedEvents(context.Context, int64) (event.Removed, error) { return r.removed, nil }

func (r *replays) CountSelected(_ context.Context, q webhook.Query, most int64) (int64, error) {
	r.asked = append(r.asked, q)
	return min(r.selects, most), nil
}

func (r *replays) EnqueueReplay(_ context.Context, begun webhook.Replay) error {
	r.begun = append(r.begun, begun)
	return nil
}

// TestStartReplay counts what it would tell, and tells it unless something speaks against it.
func TestStartReplay(t *testing.T) {
	all := of()
	for name, c := range map[string]struct {
		query   webhook.Query
		rate    int
		dry     bool
		change  func(r *replays)
		events  int64
		begins  bool
		fields  []string
		wantErr error
	}{
		"all":            {query: all, events: 3, begins: true},
		"dry":            {query: all, dry: true, events: 3},
		"nothing there":  {query: all, change: selecting(0)},
		"slowest":        {query: all, rate: 1, events: 3, begins: true},
		"fastest":        {query: all, rate: 1000, events: 3, begins: true},
		"too fast":       {query: all, rate: 1001, fields: []string{"events_per_second"}},
		"negative":       {query: all, rate: -1, fields: []string{"events_per_second"}},
		"an hour":        {query: within(0, hour), events: 3, begins: true},
		"no time":        {query: within(0, 0), fields: []string{"end_time"}},
		"backwards, dry": {query: within(1, 0), dry: true, fields: []string{"end_time"}},
		"type twice, and made up": {
			query:  of(event.OrderFailed, event.OrderFailed, "order.lost"),
			fields: []string{"event_types[1]", "event_types[2]"},
		},
		"inactive":             {query: all, change: inactive, wantErr: webhook.ErrNowhere},
		"inactive, dry":        {query: all, change: inactive, dry: true, events: 3},
		"as many as there may": {query: all, change: selecting(100_000), events: 100_000, begins: true},
		"more than there may":  {query: all, change: selecting(100_001), fields: []string{"end_time"}},
		"no words for it":      {query: of(event.OrderCreated), change: other},
		"words for some": {
			query: of(event.OrderCreated, event.LineFailed), change: other, events: 3, begins: true,
		},
		"another merchant's endpoint": {
			query: webhook.Query{MerchantID: 8, EndpointID: 1}, wantErr: webhook.ErrEndpointNotFound,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &replays{
				selects: 3,
				endpoint: webhook.Endpoint{
					ID: 1, MerchantID: 7, Format: webhook.FormatStandard,
					Status: webhook.StatusActive,
				},
			}
			if c.change != nil {
				c.change(r)
			}
			start := webhook.NewReplays(r, r, func() time.Time { return claimedAt })
			events, err := start.Start(t.Context(), c.query, c.rate, c.dry)
			switch {
			case c.wantErr != nil:
				require.ErrorIs(t, err, c.wantErr)
			case c.fields != nil:
				requireFields(t, err, c.fields)
			default:
				require.NoError(t, err)
			}
			require.Equal(t, c.events, events)
			require.Equal(t, c.begins, len(r.begun) == 1)
		})
	}
}

// A replay whose bounds reach to what was removed is refused; one without bounds begins with what is kept.
func TestReplayOfWhatIsNoLongerKept(t *testing.T) {
	bounded := func(from, to time.Duration, after int64) webhook.Query {
		q := of()
		q.AfterSequence = after
		if from != 0 {
			q.From = claimedAt.Add(-from)
		}
		if to != 0 {
			q.To = claimedAt.Add(-to)
		}
		return q
	}
	for name, c := range map[string]struct {
		query   webhook.Query
		refused bool
	}{
		"all":                 {query: of()},
		"from after the gap":  {query: bounded(time.Hour, 0, 0)},
		"until after the gap": {query: bounded(0, time.Hour, 0)},
		"after what is gone":  {query: bounded(0, 0, 30)},
		"from before":         {query: bounded(3*time.Hour, 0, 0), refused: true},
		"from its end":        {query: bounded(2*time.Hour, 0, 0), refused: true},
		"all of it gone":      {query: bounded(0, 2*time.Hour, 0), refused: true},
		"after a gone one":    {query: bounded(0, 0, 29), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &replays{
				selects: 3, removed: event.Removed{Sequence: 30, At: claimedAt.Add(-2 * time.Hour)},
				endpoint: webhook.Endpoint{
					ID: 1, MerchantID: 7, Format: webhook.FormatStandard,
					Status: webhook.StatusActive,
				},
			}
			_, err := webhook.NewReplays(r, r, func() time.Time { return claimedAt }).
				Start(t.Context(), c.query, 0, true)
			var gone *event.NoLongerKeptError
			require.Equal(t, c.refused, errors.As(err, &gone), "%v", err)
			if c.refused {
				require.EqualValues(t, 30, gone.Last.Sequence)
				return
			}
			require.NoError(t, err)
		})
	}
}

func of(types ...event.Type) webhook.Query {
	return webhook.Query{MerchantID: 7, EndpointID: 1, Types: types}
}

func within(from, to time.Duration) webhook.Query {
	q := of()
	q.From, q.To = *in(from), *in(to)
	return q
}

func selecting(events int64) func(*replays) { return func(r *replays) { r.selects = events } }

func inactive(r *replays) { r.endpoint.Status = webhook.StatusInactive }

func other(r *replays) { r.endpoint.Format = bursagb.Name }

// TestReplayDefaults: ten a second, from now on, of what has happened until now and the format has words for.
func TestReplayDefaults(t *testing.T) {
	r := &replays{selects: 1, endpoint: webhook.Endpoint{Format: bursagb.Name, Status: webhook.StatusActive}}
	start := webhook.NewReplays(r, r, func() time.Time { return claimedAt })
	types := []event.Type{event.LineFailed, event.OrderCreated}
	_, err := start.Start(t.Context(), webhook.Query{Types: types}, 0, false)
	require.NoError(t, err)
	want := webhook.Query{Types: types[:1], To: claimedAt}
	require.Equal(t, []webhook.Replay{{Query: want, PerSecond: 10, StartsAt: claimedAt}}, r.begun)

	bounded := webhook.Query{To: claimedAt.Add(-hour)}
	_, err = start.Start(t.Context(), bounded, 7, false)
	require.NoError(t, err)
	require.Equal(t, bounded.To, r.begun[1].To)
	require.Equal(t, 7, r.begun[1].PerSecond)
	require.NotContains(t, r.begun[1].Types, event.OrderCreated, "all, but those without words")
	require.Contains(t, r.begun[1].Types, event.LineCompleted)
}

// TestReplayKeepsItsRate: however many there are, each event is told once, in order, none before its turn.
func TestReplayKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.SampledFrom([]int{0, 1, 499, 500, 501, 999, 1000, 1203}).Draw(t, "events")
		after := rapid.IntRange(0, count).Draw(t, "after")
		r := webhook.Replay{
			Query:     webhook.Query{MerchantID: 7, EndpointID: 2, AfterSequence: int64(after)},
			PerSecond: rapid.IntRange(1, 1000).Draw(t, "rate"), StartsAt: claimedAt,
		}
		l := merchantsLog()
		for i := range count {
			l.events = append(l.events, happened(int64(i+1), 0))
		}
		steps := replayAll(t, l, r)
		require.Equal(t, (count-after)/500+1, steps)
		require.Len(t, l.kept, count-after)
		each := time.Second / time.Duration(r.PerSecond)
		for i, d := range l.kept {
			require.Equal(t, int64(after+i+1), d.Sequence)
			require.Equal(t, claimedAt.Add(time.Duration(i)*each), d.DueAt)
			require.True(t, d.Again)
			require.Equal(t, int64(2), d.EndpointID)
		}
	})
}

// TestReplayGoesOn where an event cannot be put into words: to try it again would send all the others again.
func TestReplayGoesOn(t *testing.T) {
	l := merchantsLog()
	for i := range int64(501) {
		l.events = append(l.events, happened(i+1, 0))
	}
	l.events[3].Data = map[string]string{"wordless": "x"}
	r := webhook.Replay{Query: webhook.Query{MerchantID: 7, EndpointID: 2}, PerSecond: 1, StartsAt: claimedAt}
	require.Equal(t, 2, replayAll(t, l, r))
	require.Len(t, l.kept, 500)
	require.Equal(t, claimedAt.Add(4*time.Second), l.kept[3].DueAt, "its turn passes")
}

// TestReplayEnds where the endpoint is gone or was never the merchant's, and where nothing can be kept.
func TestReplayEnds(t *testing.T) {
	for _, endpoint := range []int64{99, 5} {
		l := merchantsLog(slices.Repeat([]webhook.TargetedEvent{happened(1, 0)}, 500)...) // as many as a step takes
		r := webhook.Replay{Query: webhook.Query{MerchantID: 7, EndpointID: endpoint}, PerSecond: 1}
		require.Equal(t, 1, replayAll(t, l, r))
		require.Empty(t, l.kept)
	}
	l := merchantsLog(happened(1, 0))
	l.refuse = func([]webhook.NewDelivery) error { return errWordless }
	f := l.fanout()
	defer f.Close()
	r := webhook.Replay{Query: webhook.Query{MerchantID: 7, EndpointID: 2}, PerSecond: 1, StartsAt: claimedAt}
	left, more, err := f.Step(t.Context(), r)
	require.ErrorIs(t, err, errWordless)
	require.False(t, more)
	require.Equal(t, r, left, "it is to be done again")
}
