package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that asIs stands in for
	"google.golang.org/grpc/mem"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
	"orderhub/server/demo"
)

// attack is one way to hurt a hub, which lasts until its context ends.
type attack struct {
	name string
	run  func(ctx context.Context, h *hub)
}

var attacks = []attack{
	{"1,000 stalled connections", stalledConnections},
	{"floods of logins", logins},
	{"100 streams of 16 MB", largeStreams},
	{"orders of 4 MB of nothing", wideOrders},
	{"orders of 100,000 units", crowdedOrders},
}

// breath keeps the attackers from needing the processor more than the hub does:
// they run on the same machine. A thousand of them take longer ones.
const (
	breath     = 20 * time.Millisecond
	longBreath = 2 * time.Second
)

// repeat lets so many attackers do something, with a pause, until ctx ends.
func repeat(ctx context.Context, attackers int, pause time.Duration, do func(ctx context.Context, attacker int)) {
	var running sync.WaitGroup
	for i := range attackers {
		running.Go(func() {
			for ctx.Err() == nil {
				do(ctx, i)
				_ = clock.Sleep(ctx, pause)
			}
		})
	}
	running.Wait()
}

// dialerFrom connects from an address of this machine: each attacker has its own.
func dialerFrom(address string) func(context.Context, string) (net.Conn, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: callTime}
	return func(ctx context.Context, to string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", to) }
}

// beginnings are what stalled connections send before they fall silent.
var beginnings = []struct {
	grpc bool
	sent string
}{
	{false, ""},
	{false, "POST /hub/v1/orders HTTP/1.1\r\nHost: hub\r\nX-Half-A-Head"},
	{
		false,
		"POST /Login/Customer/Api/Verify HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: " +
			"1000\r\n\r\n{",
	},
	{
		false,
		"POST /hub/v1/orders HTTP/1.1\r\nHost: hub\r\nX-API-Key: " + demo.PoorKey +
			"\r\nContent-Length: 1000000\r\n\r\n{",
	},
	{true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
}

// stalledConnections keeps a thousand connections open that send a beginning and
// then nothing. Those that the hub closes are opened again.
func stalledConnections(ctx context.Context, h *hub) {
	repeat(ctx, 1000, longBreath, func(ctx context.Context, attacker int) {
		kind := beginnings[attacker%len(beginnings)]
		to := h.HTTP
		if kind.grpc {
			to = h.GRPC
		}
		conn, err := dialerFrom(fmt.Sprintf("127.0.1.%d", 1+attacker%len(beginnings)))(ctx, to)
		if err != nil {
			return
		}
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		_, _ = io.WriteString(conn, kind.sent)
		_, _ = io.Copy(io.Discard, conn) // until the hub has had enough
	})
}

// logins guesses one password, many at a time, and signs in with addresses of a
// megabyte.
func logins(ctx context.Context, h *hub) {
	long := []byte(strings.Repeat("e", 1<<20) + `@example.com", "Password": "guess"}`)
	client := &http.Client{
		Timeout: callTime,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, to string) (net.Conn, error) {
			return dialerFrom("127.0.2.1")(ctx, to)
		}, MaxIdleConnsPerHost: 64},
	}
	defer client.CloseIdleConnections()
	repeat(ctx, 32, breath, func(ctx context.Context, attacker int) {
		if attacker%4 == 0 { // the megabyte is made once: the attackers' own work must not slow the hub
			begin := fmt.Appendf(nil, `{"Email": "%d`, time.Now().UnixNano())
			postAll(ctx, client, h, "/Login/Customer/Api/Verify", "", begin, long)
			return
		}
		guess := fmt.Sprintf(`{"Email": "reseller@example.com", "Password": "guess-%d"}`, attacker)
		post(ctx, client, h, "/Login/Customer/Api/Verify", "", guess)
	})
}

// post sends a body and forgets the answer.
func post(ctx context.Context, client *http.Client, h *hub, path, key, body string) {
	postAll(ctx, client, h, path, key, []byte(body))
}

// postAll is post with a body in parts.
func postAll(ctx context.Context, client *http.Client, h *hub, path, key string, parts ...[]byte) {
	body := net.Buffers(parts)
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.HTTP+path, &body)
	if err != nil {
		return
	}
	r.ContentLength = int64(length)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("X-API-Key", key)
	}
	answer, err := client.Do(r)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
}

// asIs sends bytes as they are, and drops answers.
type asIs struct{ encoding.CodecV2 }

func (asIs) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (asIs) Unmarshal(mem.BufferSlice, any) error { return nil }

// largeStreams sends 16 MB on each of a hundred streams of one connection, with a
// good key, a wrong one and none.
func largeStreams(ctx context.Context, h *hub) {
	conn, err := h.dial("127.0.3.1", grpc.WithDefaultCallOptions(grpc.ForceCodecV2(asIs{encoding.GetCodecV2("proto")})))
	if err != nil {
		return
	}
	defer conn.Close()
	message := make([]byte, 16<<20-100)
	keys := []string{demo.PoorKey, "wrong", ""}
	repeat(ctx, 100, breath, func(ctx context.Context, attacker int) {
		ctx, cancel := context.WithTimeout(withKey(ctx, keys[attacker%len(keys)]), callTime)
		defer cancel()
		_ = conn.Invoke(ctx, orderhubv1.OrderService_CreateOrder_FullMethodName, &message, new([]byte))
	})
}

// wideOrders sends orders of hundreds of thousands of empty lines.
func wideOrders(ctx context.Context, h *hub) {
	conn, err := h.dial("127.0.4.1", grpc.WithDefaultCallOptions(grpc.ForceCodecV2(asIs{encoding.GetCodecV2("proto")})))
	if err != nil {
		return
	}
	defer conn.Close()
	client := &http.Client{Timeout: callTime}
	defer client.CloseIdleConnections()
	text := `{"lines": [` + strings.Repeat("{},", 1_300_000) + "{}]}"
	small := `{"lines": [` + strings.Repeat("{},", 300_000) + "{}]}"
	// Order.lines is field 6, an empty line two bytes of it; the order is field 1 of the request.
	lines := strings.Repeat("\x32\x00", 500_000)
	message := []byte(fmt.Sprintf("\x0a%s%s", varint(len(lines)), lines))
	repeat(ctx, 4, breath, func(ctx context.Context, attacker int) {
		switch attacker {
		case 0:
			post(ctx, client, h, "/hub/v1/orders", demo.PoorKey, text)
		case 1:
			post(ctx, client, h, "/v1/orders", demo.PoorKey, small)
		case 2:
			post(ctx, client, h, "/hub/v1/orders", demo.PoorKey, small)
		default:
			_ = conn.Invoke(
				withKey(ctx, demo.PoorKey), orderhubv1.OrderService_CreateOrder_FullMethodName, &message, new([]byte),
			)
		}
	})
}

// varint is a length as protobuf writes it.
func varint(n int) string {
	var text []byte
	for ; n >= 0x80; n >>= 7 {
		text = append(text, byte(n)|0x80)
	}
	return string(append(text, byte(n)))
}

// crowdedOrders asks for a hundred lines of a thousand units with next to nothing
// in the wallet.
func crowdedOrders(ctx context.Context, h *hub) {
	client := &http.Client{Timeout: callTime}
	defer client.CloseIdleConnections()
	lines := make([]map[string]any, 100)
	for i := range lines {
		lines[i] = map[string]any{"sku": crowdedSKU, "quantity": 1000}
	}
	repeat(ctx, 16, breath, func(ctx context.Context, _ int) {
		// made of texts and numbers
		body, _ := json.Marshal(map[string]any{
			"referenceId": fmt.Sprint("crowded-", time.Now().UnixNano()), "lines": lines,
		})
		post(ctx, client, h, "/hub/v1/orders", demo.PoorKey, string(body))
	})
}
