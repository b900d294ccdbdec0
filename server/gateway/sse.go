package gateway

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
)

const (
	eventStream = "text/event-stream"
	watchPath   = Path + "orders:watch"
	// lastEventID is what a browser sends when it resumes a stream.
	lastEventID = "Last-Event-ID"
	// streamWriteTimeout is how long one message of a stream may take. A stream as
	// a whole has no end.
	streamWriteTimeout = 45 * time.Second
)

// serverSentEvents writes the messages of WatchOrders as server-sent events, and
// whatever else as JSON.
type serverSentEvents struct{ *strictJSON }

// StreamContentType is that of a stream's answer.
func (serverSentEvents) StreamContentType(any) string { return eventStream }

// Delimiter is the empty line that ends an event.
func (serverSentEvents) Delimiter() []byte { return []byte("\n") }

// Marshal writes a message of the stream without the empty line at its end. A
// heartbeat is a comment: it carries nothing and must not move Last-Event-ID.
func (s serverSentEvents) Marshal(v any) ([]byte, error) {
	message, ok := watched(v)
	if !ok {
		return s.strictJSON.Marshal(v)
	}
	if message.GetEvent() == nil {
		return []byte(": heartbeat\n"), nil
	}
	data, err := s.strictJSON.Marshal(message.GetEvent())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	id, kind := api.EventID(message.GetEvent()), message.GetEvent().GetType()
	fmt.Fprintf(&out, "id: %s\nevent: %s\ndata: %s\n", id, kind, data)
	return out.Bytes(), nil
}

// watched is the message in what the runtime gives to be written.
func watched(v any) (*orderhubv1.WatchOrdersResponse, bool) {
	chunk, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	message, ok := chunk["result"].(*orderhubv1.WatchOrdersResponse)
	return message, ok
}

// wantsEvents reports whether a stream is to be server-sent events, as
// [chooseForm] has found.
func wantsEvents(r *http.Request) bool { return r.Header.Get("Accept") == eventStream }

// moveTicket moves a stream's ticket from the query, where alone a browser can put
// it, to where the call looks for it.
func moveTicket(r *http.Request) {
	const parameter = "ticket"
	if r.URL.Path != watchPath || !strings.Contains(r.URL.RawQuery, parameter) {
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return // the runtime refuses it
	}
	if ticket := query.Get(parameter); ticket != "" {
		r.Header.Set(api.TicketHeader, ticket)
	}
	query.Del(parameter)
	r.URL.RawQuery = query.Encode()
}

// resume puts the id of the last event that a browser saw in the place of where
// the stream began.
func resume(r *http.Request) {
	id := r.Header.Get(lastEventID)
	if id == "" || r.URL.Path != watchPath {
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return // the runtime refuses it
	}
	for _, name := range []string{"after_sequence", "afterSequence", "after_position", "afterPosition"} {
		query.Del(name)
	}
	if strings.Contains(id, "-") {
		query.Set("afterPosition", id)
	} else {
		query.Set("afterSequence", id)
	}
	r.URL.RawQuery = query.Encode()
}

// keepOpen gives each message of a stream its own time to be written; nil, which
// the runtime passes before the first, begins one.
func keepOpen(_ context.Context, w http.ResponseWriter, message proto.Message) error {
	control := http.NewResponseController(w)
	if message == nil {
		// there is nothing more to read, but reading notices that the caller has gone
		_ = control.SetReadDeadline(time.Time{})
	}
	switch message.(type) {
	case nil, *orderhubv1.WatchOrdersResponse, *orderhubv1.ExportResponse, *orderhubv1.GetStatementResponse:
		_ = control.SetWriteDeadline(time.Now().Add(streamWriteTimeout)) // it fails only where there is no connection
	}
	return nil
}
