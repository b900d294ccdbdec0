package webhook_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

func happened(sequence, orderID int64, targets ...int64) webhook.TargetedEvent {
	return webhook.TargetedEvent{ID: 100 + sequence, Targets: targets, Event: event.Event{
		MerchantID: 7, Sequence: sequence, OrderID: orderID, Type: event.OrderCompleted, CreatedAt: claimedAt,
	}}
}

// merchantsLog has an order at each door and endpoints of two formats.
func merchantsLog(events ...webhook.TargetedEvent) *log {
	lines := []order.Line{{ID: 21}, {ID: 22}}
	return &log{
		events: events,
		orders: map[int64]*order.Order{
			1: {MerchantID: 7, NotifyURL: "https://own", Lines: lines[:1]},
			2: {MerchantID: 7, Lines: lines},
			3: {MerchantID: 7, Door: bursagb.Name, Lines: lines[:1]},
			4: {MerchantID: 7, Door: bursagb.Name, NotifyURL: "https://own", Lines: lines[:1]},
			5: {MerchantID: 9, Door: bursagb.Name, Lines: lines},
			6: {MerchantID: 7, Door: gameso.Name, Lines: lines},
		},
		endpoints: map[int64]webhook.Endpoint{
			1: {ID: 1, MerchantID: 7, Format: webhook.FormatStandard, EventTypes: []string{"order.created"}},
			2: {ID: 2, MerchantID: 7, Format: webhook.FormatStandard},
			3: {ID: 3, MerchantID: 7, Format: gameso.Name, EventTypes: []string{"order.failed"}},
			4: {ID: 4, MerchantID: 7, Format: gameso.Name},
			5: {ID: 5, MerchantID: 8, Format: webhook.FormatStandard},
		},
		callbacks: map[int64]string{7: "https://account"},
	}
}

// TestWhomAnEventTells, where, and in whose words.
func TestWhomAnEventTells(t *testing.T) {
	ofLine, foreign := happened(1, 2, 2), happened(1, 5, webhook.OwnAddress)
	ofLine.LineID, foreign.MerchantID = 22, 9
	for name, c := range map[string]struct {
		event webhook.TargetedEvent
		want  []string
	}{
		"each line that changed":        {happened(1, 2, 2), []string{"2 standard 21 completed", "2 standard 22 completed"}},
		"the line that it is about":     {ofLine, []string{"2 standard 22 completed"}},
		"about no order":                {happened(1, 0, 2), []string{"2 standard 0 completed"}},
		"whoever the writer named":      {happened(1, 0, 1), []string{"1 standard 0 completed"}},
		"what the order has come to":    {happened(1, 0, 3), []string{"3 gameso 0 failed"}},
		"whatever it may have come to":  {happened(1, 0, 4), []string{"4 gameso 0 completed", "4 gameso 0 failed"}},
		"an endpoint that is gone":      {happened(1, 0, 99, 2), []string{"2 standard 0 completed"}},
		"another merchant's":            {happened(1, 0, 5), nil},
		"the order's own address":       {happened(1, 1, webhook.OwnAddress), []string{"0 standard 21 completed own"}},
		"an order without one":          {happened(1, 2, webhook.OwnAddress), nil},
		"no order":                      {happened(1, 0, webhook.OwnAddress), nil},
		"at a door, its own":            {happened(1, 4, webhook.OwnAddress), []string{"0 bursagb 21 completed own"}},
		"at a door, the account's":      {happened(1, 3, webhook.OwnAddress), []string{"0 bursagb 21 completed account"}},
		"at a door, nobody's":           {foreign, nil},
		"at a door that has no address": {happened(1, 6, webhook.OwnAddress), nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := merchantsLog(c.event)
			f := l.fanout()
			defer f.Close()
			require.NoError(t, f.FanOut(t.Context(), []webhook.Range{{MerchantID: c.event.MerchantID, First: 1, Last: 1}}))
			require.Equal(t, c.want, l.told())
		})
	}
}

// TestDeliveriesOfAnEvent are worded once for each format, and each has an identifier of its own.
func TestDeliveriesOfAnEvent(t *testing.T) {
	l := merchantsLog(happened(1, 0, 1, 2), happened(2, 0), happened(3, 0, 2), happened(4, 0, 2))
	f := l.fanout()
	defer f.Close()
	require.NoError(t, f.FanOut(t.Context(), []webhook.Range{{MerchantID: 7, First: 1, Last: 3}}))
	want := webhook.NewDelivery{
		MerchantID: 7, EndpointID: 1, Format: webhook.FormatStandard, EventID: 101, Sequence: 1, MessageID: "m1",
		Message: webhook.Message{Type: "order.completed"}, HappenedAt: claimedAt, DueAt: claimedAt,
	}
	second, third := want, want
	second.EndpointID, second.MessageID = 2, "m2"
	third.EndpointID, third.MessageID = 2, "m3"
	third.EventID, third.Sequence = 103, 3
	require.Equal(t, []webhook.NewDelivery{want, second, third}, l.kept)
	require.Equal(t, 2, l.calls)
	require.Equal(t, [][]string{{"e1", "e2"}}, l.woken, "each lane once")

	require.NoError(t, f.FanOut(t.Context(), []webhook.Range{{MerchantID: 7, First: 2, Last: 2}}))
	require.Len(t, l.woken, 1, "nobody wants it")
}

// TestWordlessEvents keep nothing else back, and are an error.
func TestWordlessEvents(t *testing.T) {
	wordless, noState := happened(1, 0, 2), happened(3, 2, 2)
	wordless.Data, noState.State = map[string]string{"wordless": "x"}, "{"
	l := merchantsLog(wordless, happened(2, 77, 2), noState, happened(4, 0, 2))
	f := l.fanout()
	defer f.Close()
	err := f.FanOut(t.Context(), []webhook.Range{{MerchantID: 7, First: 1, Last: 4}})
	require.ErrorIs(t, err, errWordless)
	require.ErrorIs(t, err, order.ErrNotFound)
	require.ErrorContains(t, err, "state of event 3")
	require.Equal(t, []string{"2 standard 0 completed"}, l.told())
	require.Equal(t, [][]string{{"e2"}}, l.woken)
}

// TestJobsAreKeptTogether, and each alone where the database refuses them so: one that it cannot keep harms no other.
func TestJobsAreKeptTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errFull := errors.New("not this one")
		l := merchantsLog(happened(1, 0, 2), happened(2, 0, 2), happened(3, 0, 2), happened(4, 0, 2))
		busy, sizes := make(chan struct{}), []int{}
		l.refuse = func(deliveries []webhook.NewDelivery) error {
			if sizes = append(sizes, len(deliveries)); len(sizes) == 1 {
				<-busy
			}
			for _, d := range deliveries {
				if d.Sequence == 3 {
					return errFull
				}
			}
			return nil
		}
		f := l.fanout()
		answers := make([]error, 5)
		for sequence := int64(1); sequence <= 4; sequence++ {
			go func() {
				answers[sequence] = f.FanOut(t.Context(), []webhook.Range{{MerchantID: 7, First: sequence, Last: sequence}})
			}()
			synctest.Wait() // the first one is being kept, the others gather
		}
		close(busy)
		synctest.Wait()
		f.Close()
		require.Equal(t, []int{1, 3, 1, 1, 1}, sizes)
		for sequence, err := range answers {
			if sequence == 3 {
				require.ErrorIs(t, err, errFull)
				continue
			}
			require.NoError(t, err)
		}
		require.Len(t, l.kept, 3)
		require.Len(t, l.woken, 3, "nobody is woken for what is not kept")
	})
}

// TestLanes: an endpoint has one, and a merchant one for each host of its own addresses.
func TestLanes(t *testing.T) {
	for _, c := range []struct {
		delivery webhook.NewDelivery
		want     string
	}{
		{webhook.NewDelivery{MerchantID: 7, EndpointID: 5, URL: "https://a.example"}, "e5"},
		{webhook.NewDelivery{MerchantID: 7, URL: "https://A.example/x?y"}, "m7 a.example"},
		{webhook.NewDelivery{MerchantID: 8, URL: "https://a.example/z"}, "m8 a.example"},
		{webhook.NewDelivery{MerchantID: 7, URL: "https://a.example:8443"}, "m7 a.example:8443"},
		{webhook.NewDelivery{MerchantID: 7, URL: "https://a.example\x00"}, "m7 "},
	} {
		require.Equal(t, c.want, c.delivery.Lane())
	}
	require.Equal(t, "e5", webhook.EndpointLane(5))
}
