package gameso

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// sample is the order of the example, as the hub has it.
func sample() *order.Order {
	done := at("2026-03-09T04:21:31.902Z")
	return &order.Order{
		Number: "ord_b7Qk2ZsYx0LmT4ec", Reference: "KIOSK-7741-000193", Currency: "THB", Status: order.StatusCompleted,
		Recipient: order.Recipient{UserID: "88120457", ServerID: "SEA-3", CharacterID: "c_5f20"},
		Subtotal:  135500 * money.Unit / 1000, Total: 135500 * money.Unit / 1000,
		CreatedAt: at("2026-03-09T04:21:07.318Z"), UpdatedAt: done, CompletedAt: &done,
		Lines: []order.Line{
			{
				SKU: "GEMS_60", Quantity: 2, Completed: 2, Status: order.StatusCompleted, Subtotal: 70 * money.Unit,
				Total: 70 * money.Unit,
			},
			{
				SKU: "WEEKLY_PASS", Quantity: 1, Completed: 1, Status: order.StatusCompleted, Subtotal: 65500 * money.Unit / 1000,
				Total: 65500 * money.Unit / 1000,
			},
		},
	}
}

func TestFormat(t *testing.T) {
	content, err := os.ReadFile("testdata/webhook_signature_vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []struct{ Secret, Body string }
	}
	require.NoError(t, json.Unmarshal(content, &file))
	messages, err := Format{}.Messages(t.Context(), &event.Event{Type: event.OrderCompleted}, sample(), nil)
	require.NoError(t, err)
	require.Equal(
		t, []webhook.Message{{Type: "order.completed", Body: []byte(file.Vectors[0].Body)}}, messages, "byte for byte",
	)

	content, err = os.ReadFile("testdata/webhook_request_headers.json")
	require.NoError(t, err)
	var want map[string]string
	require.NoError(t, json.Unmarshal(content, &want))
	header := Format{}.Header(&webhook.Parcel{
		MessageID: want["X-Webhook-Delivery"], Type: messages[0].Type, Body: messages[0].Body, At: time.Unix(1773030092, 0),
		Secrets: []string{file.Vectors[0].Secret},
	})
	got := make(map[string]string)
	for name, values := range header {
		got[name] = values[0]
	}
	require.Equal(t, want, got)

	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	// It comes to the same signature.
	command := exec.CommandContext(
		t.Context(), "openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt",
		"hexkey:"+hex.EncodeToString([]byte(file.Vectors[0].Secret)), "-r",
	)
	input, err := command.StdinPipe()
	require.NoError(t, err)
	go func() {
		_, _ = input.Write(append([]byte(want["X-Webhook-Timestamp"]+"."), messages[0].Body...))
		_ = input.Close()
	}()
	output, err := command.Output()
	require.NoError(t, err)
	require.Equal(t, want["X-Webhook-Signature"], "sha256="+string(output[:64]))
}

func TestFormatNames(t *testing.T) {
	open, failed := sample(), sample()
	open.Status, open.CompletedAt = order.StatusProcessing, nil
	failed.Lines[0].Completed, failed.Lines[0].Cancelled = 1, 1 // completed, but not all of it came
	none, err := Format{}.Messages(t.Context(), &event.Event{}, open, nil)
	require.NoError(t, err)
	require.Empty(t, none)
	messages, err := Format{}.Messages(t.Context(), &event.Event{Type: event.OrderCompleted}, failed, nil)
	require.NoError(t, err)
	require.Equal(t, "order.failed", messages[0].Type)
	require.Equal(t, []webhook.Message{{Type: "order.failed"}}, says(nil, failed, nil))
	require.Empty(t, says(nil, open, nil))
	none, err = Format{}.Messages(t.Context(), &event.Event{Type: event.WalletLowBalance}, nil, nil)
	require.NoError(t, err)
	require.Empty(t, none)

	configured, err := ParseSignatureSettings(`{"signatureHeader":"X-Sig","prefix":"v0="}`)
	require.NoError(t, err)
	header := Format{configured}.Header(
		&webhook.Parcel{Secrets: []string{"s"}, Type: "order.failed", MessageID: "whd_1", At: time.Unix(1, 0)},
	)
	require.Regexp(t, "^v0=[0-9a-f]{64}$", header["X-Sig"][0])
	require.Equal(t, []string{"whd_1"}, header["X-Webhook-Delivery"])
	for _, bad := range []string{
		`{"signature":"X"}`, `{`, `{"signatureHeader":"X Bad"}`, `{"prefix":"a\n"}`, `{"toleranceSeconds":-1}`,
	} {
		_, err = ParseSignatureSettings(bad)
		require.ErrorContains(t, err, "signatureHeader", bad)
	}
}
