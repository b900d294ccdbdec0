package attack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
)

const (
	// pace is the time between two orders of the merchant, and callTime what each
	// may take.
	pace     = 50 * time.Millisecond
	callTime = 10 * time.Second
	sold     = "DIAMOND_100"
)

// merchant pays and buys, over gRPC and REST in turn.
type merchant struct {
	hub  *hub
	conn *grpc.ClientConn
	rest *http.Client

	mu     sync.Mutex
	took   []time.Duration
	failed int
	odd    map[string]int
}

func newMerchant(h *hub) (*merchant, error) {
	conn, err := h.dial("127.0.0.1")
	return &merchant{
		hub: h, conn: conn, rest: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: callTime},
	}, err
}

func (m *merchant) close() {
	_ = m.conn.Close() // nothing is lost
	m.rest.CloseIdleConnections()
}

// buy places an order after the other, at a steady pace whatever becomes of
// them, until ctx ends.
func (m *merchant) buy(ctx context.Context) Phase {
	m.took, m.failed, m.odd = nil, 0, map[string]int{}
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	var running sync.WaitGroup
	for n := 0; ctx.Err() == nil; n++ {
		running.Go(func() { m.place(context.WithoutCancel(ctx), n) })
		select {
		case <-ctx.Done():
		case <-ticks.C:
		}
	}
	running.Wait()
	slices.Sort(m.took)
	phase := Phase{Served: len(m.took), Failed: m.failed, Odd: m.odd}
	if len(m.took) > 0 {
		phase.Median = m.took[len(m.took)/2]
	}
	return phase
}

func (m *merchant) place(ctx context.Context, n int) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	place := m.placeGRPC
	if n%2 == 0 {
		place = m.placeREST
	}
	began := time.Now()
	err := place(ctx, "attacked-"+rand.Text())
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.failed++
		m.odd[err.Error()]++
		return
	}
	m.took = append(m.took, time.Since(began))
}

func (m *merchant) placeGRPC(ctx context.Context, reference string) error {
	_, err := orderhubv1.NewOrderServiceClient(m.conn).CreateOrder(
		withKey(ctx, demo.MerchantKey), &orderhubv1.CreateOrderRequest{
			Order: &orderhubv1.Order{ReferenceId: reference, Lines: []*orderhubv1.OrderLine{{Sku: sold, Quantity: 1}}},
		},
	)
	if err != nil {
		return fmt.Errorf("gRPC %s: %.100s", status.Code(err), status.Convert(err).Message())
	}
	return nil
}

func (m *merchant) placeREST(ctx context.Context, reference string) error {
	body, err := json.Marshal(
		map[string]any{"referenceId": reference, "lines": []any{map[string]any{"sku": sold, "quantity": 1}}},
	)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(
		ctx, http.MethodPost, "http://"+m.hub.HTTP+"/hub/v1/orders", bytes.NewReader(body),
	)
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", demo.MerchantKey)
	answer, err := m.rest.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // so that the connection is used again
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("REST %d", answer.StatusCode)
	}
	return nil
}
