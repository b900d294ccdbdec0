package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/retention"
	"orderhub/server/store/storetest"
)

// follow opens the watch path and returns the answer's header and its
// lines; headers are pairs.
func (h *hub) follow(t *testing.T, query string, headers ...string) (http.Header, *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/hub/v1/orders:watch"+query, nil)
	require.NoError(t, err)
	request.Header.Set("X-Api-Key", h.shopKey)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(t, http.StatusOK, response.StatusCode)
	return response.Header, bufio.NewScanner(response.Body)
}

func (h *hub) order(t *testing.T, reference string) {
	t.Helper()
	_, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, reference, "CODE", 1))
	require.NoError(t, err)
}

func nextLine(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	require.True(t, lines.Scan(), "%v", lines.Err())
	return lines.Text()
}

func TestServerSentEvents(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	header, lines := h.follow(t, "", "Accept", "text/event-stream")
	require.Equal(t, "text/event-stream", header.Get("Content-Type"))
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	require.Equal(t, ": heartbeat", nextLine(t, lines), "the answer begins at once")
	require.Empty(t, nextLine(t, lines))

	h.order(t, "1")
	for i, kind := range []string{"order.created", "order.completed"} {
		require.Equal(t, fmt.Sprintf("id: %d", i+1), nextLine(t, lines))
		require.Equal(t, "event: "+kind, nextLine(t, lines))
		data, found := strings.CutPrefix(nextLine(t, lines), "data: ")
		require.True(t, found)
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(data), &e))
		require.Equal(t, kind, e["type"])
		require.Equal(t, "1", e["referenceId"])
		require.Empty(t, nextLine(t, lines))
	}

	_, lines = h.follow(t, "?after_sequence=0", "Accept", "text/event-stream", "Last-Event-ID", "1")
	require.Equal(t, "id: 2", nextLine(t, lines), "a browser resumes with the address it began with")

	_, lines = h.follow(t, "", "Accept", "text/event-stream", "X-Api-Key", h.adminKey)
	id := nextLine(t, lines)
	require.Regexp(t, `^id: [0-9a-f]{16}-\d+-\d+$`, id)
	_, lines = h.follow(
		t, "", "Accept", "text/event-stream", "X-Api-Key", h.adminKey, "Last-Event-ID", strings.TrimPrefix(id, "id: "),
	)
	require.Regexp(t, `^id: [0-9a-f]{16}-\d+-\d+$`, nextLine(t, lines))
	require.Equal(t, "event: order.completed", nextLine(t, lines))
}

// A browser can send no key: it opens the stream with a ticket in the address.
func TestWatchTicket(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	made := h.call("POST", "/hub/v1/orders:watchTicket", "{}")
	require.Equal(t, 200, made.Status, made.Text)
	ticket, _ := made.Body["ticket"].(string)
	header, lines := h.follow(t, "?afterSequence=1&ticket="+ticket, "Accept", "text/event-stream", "X-Api-Key", "")
	require.Equal(t, "text/event-stream", header.Get("Content-Type"))
	require.Equal(t, "id: 2", nextLine(t, lines))

	for path, status := range map[string]int{
		"/hub/v1/orders:watch?ticket=" + h.shopKey:    401,
		"/hub/v1/orders:watch?ticket=":                401,
		"/hub/v1/orders:watch?apiKey=" + h.shopKey:    400,
		"/hub/v1/orders:watch?x-api-key=" + h.shopKey: 400,
		"/hub/v1/account?ticket=" + ticket:            400,
		"/hub/v1/events?ticket=" + ticket:             400,
	} {
		a := h.call("GET", path, "", "X-Api-Key", "")
		require.Equal(t, status, a.Status, "%s: %s", path, a.Text)
	}
}

// A ticket beside the key of somebody else leaves open who is meant.
func TestWatchTicketBesideAKey(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	made := h.call("POST", "/hub/v1/orders:watchTicket", "{}")
	require.Equal(t, 200, made.Status, made.Text)
	watch := "/hub/v1/orders:watch?ticket=" + made.Body["ticket"].(string)
	other := h.issueKey(h.Merchant("other", 0).ID, account.ScopeMerchant)
	refused := h.call("GET", watch, "", "X-Api-Key", other)
	require.Equal(t, 401, refused.Status, refused.Text)
	require.Contains(t, refused.Text, "two different API keys")
	h.follow(t, strings.TrimPrefix(watch, "/hub/v1/orders:watch")+"&afterSequence=1") // with the key that asked for it
	h.follow(t, "?ticket=nobodys&afterSequence=1")
}

// A position of another log is refused with the way on.
func TestForeignPosition(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	a := h.asAdmin("GET", "/hub/v1/events?afterPosition=0123456789abcdef-1-1", "")
	require.Equal(t, 400, a.Status, a.Text)
	require.Equal(t, "POSITION_OF_ANOTHER_LOG", a.Body["reason"])
	require.Contains(t, a.Text, "read from the beginning")
}

// Who saw more of a merchant's log than a restored database has is told where that ends.
func TestSequenceBeyondTheEnd(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	last := h.call("GET", "/hub/v1/events", "").Body["nextAfterSequence"].(string)
	for _, path := range []string{"/hub/v1/events?", "/hub/v1/events?eventTypes=order.failed&", "/hub/v1/orders:watch?"} {
		a := h.call("GET", path+"afterSequence=1"+last, "")
		require.Contains(t, a.Text, "POSITION_OF_ANOTHER_LOG", path)
		require.Contains(t, a.Text, `"after_sequence":"`+last+`"`, path)
	}
	a := h.call("GET", "/hub/v1/events?afterSequence="+last, "")
	require.Equal(t, 200, a.Status, a.Text)
	require.Empty(t, a.Body["events"])
}

// Who was away for longer than events are kept is told after what to go on, however it reads.
func TestPositionNoLongerKept(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	for i := range 3 {
		h.order(t, fmt.Sprint(i))
	}
	first := h.asAdmin("GET", "/hub/v1/events?pageSize=1", "").Body["nextAfterPosition"].(string)
	_, err := h.Store.WriteDB.ExecContext(t.Context(), "DELETE FROM river_job")
	require.NoError(t, err)
	done, err := h.Store.Retention.Step(
		t.Context(), retention.Step{Kind: retention.Events, Before: time.Now().Add(time.Hour), Most: 4},
	)
	require.NoError(t, err)
	require.EqualValues(t, 4, done.Rows)
	for _, path := range []string{"/hub/v1/events", "/hub/v1/orders:watch"} {
		a := h.call("GET", path+"?afterSequence=2", "")
		require.Contains(t, a.Text, "POSITION_NO_LONGER_KEPT", path)
		require.Contains(t, a.Text, "read on after it", path)
	}
	a := h.call("GET", "/hub/v1/orders:watch?afterSequence=2", "", "Accept", "text/event-stream")
	require.Contains(t, a.Text, "POSITION_NO_LONGER_KEPT")
	a = h.asAdmin("GET", "/hub/v1/events?afterPosition="+first, "")
	require.Equal(t, "POSITION_NO_LONGER_KEPT", a.Body["reason"], a.Text)
	on := a.Body["metadata"].(map[string]any)["after_position"].(string)
	require.Len(t, h.asAdmin("GET", "/hub/v1/events?afterPosition="+on, "").Body["events"], 2)
	require.Len(t, h.call("GET", "/hub/v1/events?afterSequence=4", "").Body["events"], 2)
	require.Len(t, h.call("GET", "/hub/v1/events", "").Body["events"], 2, "who begins reads what is kept")
}

func TestWatchInLines(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	_, lines := h.follow(t, "?afterSequence=1")
	var message struct {
		Result struct{ Event map[string]any }
	}
	require.NoError(t, json.Unmarshal([]byte(nextLine(t, lines)), &message))
	require.Equal(t, "2", message.Result.Event["sequence"])
}

func TestEventFeed(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 1, 10)
	h.order(t, "1")
	a := h.call("GET", "/hub/v1/events?pageSize=1", "")
	require.Equal(t, 200, a.Status, a.Text)
	require.Equal(t, "1", a.Body["nextAfterSequence"])
	require.Equal(t, true, a.Body["more"])
	a = h.call("GET", "/hub/v1/events?afterSequence=1&eventTypes=order.completed", "")
	require.Len(t, a.Body["events"], 1, a.Text)
	require.Equal(t, false, a.Body["more"])
}

// Who wants events says so as HTTP lets it be said.
func TestWhoWantsEvents(t *testing.T) {
	h := startHub(t) // a heartbeat comes at once
	const events, json = "text/event-stream", "application/json"
	for accept, want := range map[string]string{
		"text/event-stream": events, "text/event-stream, */*": events, "application/json, text/event-stream": events,
		"text/event-stream;q=0.9": events,
		"Text/Event-Stream":       events, "text/event-stream; charset=utf-8": events, "text/*": events,
		"application/json;q=0.5, text/event-stream;q=0.6": events,
		"": json, "*/*": json, "application/json": json, "text/event-stream;q=0": json,
		"text/event-stream;q=0.5, application/json": json,
		"text/event-stream;q=0.9, */*":              json, "nonsense": json, "text/event-stream;q=2": json, "text/html": json,
	} {
		header, _ := h.follow(t, "", "Accept", accept)
		require.Equal(t, want, header.Get("Content-Type"), "%q", accept)
	}
}
