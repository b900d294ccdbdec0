package bursagb

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

func example(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, content))
	return compact.String()
}

func delivered(contents ...string) []order.Goods {
	var goods []order.Goods
	for _, c := range contents {
		goods = append(goods, order.Goods{Content: c, Status: order.GoodsDelivered, DeliveredAt: time.Now()})
	}
	return goods
}

func TestFormat(t *testing.T) {
	codes := order.Line{
		ID: 91774, ExternalReference: "GK-20260311-000481-1", Quantity: 2, Completed: 2, Status: order.StatusCompleted,
		Goods: delivered("DEMO-7QX2-41KD-0001", "DEMO-7QX2-41KD-0002"),
	}
	note := order.Line{
		ID: 91775, ExternalReference: "GK-20260311-000481-2", Quantity: 1, Completed: 1, Status: order.StatusCompleted,
		FromProvider: true,
		Goods:        delivered("Top-up booked for player 5177320946 on Europe-2."),
	}
	processing := note
	processing.Completed, processing.Status, processing.Goods = 0, order.StatusProcessing, nil
	cancelled := order.Line{
		ID: 91776, ExternalReference: "GK-20260311-000482", Quantity: 1, Failed: 1, Status: order.StatusFailed,
		FromProvider:   true,
		FailureMessage: "Player id does not exist on Europe-1.",
	}
	pending := order.Line{ID: 5, Quantity: 1, Status: order.StatusPending}
	all := map[int64]bool{91774: true, 91775: true, 91776: true, 5: true}
	for _, tt := range []struct {
		lines   []order.Line
		changed map[int64]bool
		want    []string
	}{
		{[]order.Line{codes, note, cancelled, pending}, all, []string{
			"callback_status_1_delivered_codes.json", "callback_status_1_delivered_note.json",
			"callback_status_0_cancelled.json",
		}},
		{
			[]order.Line{codes, processing},
			all,
			[]string{"callback_status_1_delivered_codes.json", "callback_status_2_processing.json"},
		},
		{[]order.Line{codes, note}, map[int64]bool{91775: true}, []string{"callback_status_1_delivered_note.json"}},
		{[]order.Line{codes}, nil, nil},
	} {
		messages, err := Format{}.Messages(
			t.Context(), &event.Event{Type: event.OrderCompleted}, &order.Order{Lines: tt.lines}, tt.changed,
		)
		require.NoError(t, err)
		require.Len(t, messages, len(tt.want))
		for i, m := range messages {
			require.JSONEq(t, example(t, tt.want[i]), string(m.Body))
			require.NotZero(t, m.LineID)
			messages[i].Body = nil
		}
		require.Equal(t, messages, says(&event.Event{Type: event.OrderCompleted}, &order.Order{Lines: tt.lines}, tt.changed))
	}
	none, err := Format{}.Messages(t.Context(), &event.Event{Type: event.WalletLowBalance}, nil, nil)
	require.NoError(t, err)
	require.Empty(t, none)

	var want map[string]string
	require.NoError(t, json.Unmarshal([]byte(example(t, "callback_headers.json")), &want))
	header := http.Header(Format{}.Header(&webhook.Parcel{Key: "example-callback-key"}))
	for name, value := range want {
		require.Equal(t, value, header.Get(name))
	}
	test, err := Format{}.Test(time.Now())
	require.NoError(t, err)
	require.JSONEq(
		t, `{"DeliverID":"webhook.test","OrderDetailID":0,"Status":2,"DeliveryData":null,"DeliveryNote":null}`,
		string(test.Body),
	)
}
