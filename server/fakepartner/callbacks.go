package fakepartner

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"orderhub/server/app"
	"orderhub/server/clock"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/jsonhttp"
	"orderhub/server/order"
)

const (
	lookEvery       = 50 * time.Millisecond
	lookPause       = 9    // times as long as a look took
	lookedAt        = 1000 // of the latest orders
	callbackTimeout = 10 * time.Second
	callbackTries   = 3
	callsAtOnce     = 16
	shuffledWithin  = 300 * time.Millisecond
)

// caller follows the partner's orders: it tells their buyers what became of them,
// and takes back those that the script wants taken back.
type caller struct {
	hub     *app.App
	dialect string
	script  *Script
	faults  *faults
	client  *http.Client
	log     *slog.Logger
	room    chan struct{} // a place for each call under way

	told map[int64]order.Status // by line
	back map[int64]bool         // orders that were taken back
}

func newCaller(hub *app.App, o *Options, f *faults) *caller {
	return &caller{
		hub: hub, dialect: o.Dialect, script: &o.Script, faults: f, log: o.Log,
		client: &http.Client{Timeout: callbackTimeout}, room: make(chan struct{}, callsAtOnce),
		told: make(map[int64]order.Status), back: make(map[int64]bool),
	}
}

// run looks at the orders until ctx ends, and looks less often the longer it takes.
func (c *caller) run(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	if !c.hasSomethingToDo() {
		return
	}
	for pause := lookEvery; ; {
		if clock.Sleep(ctx, pause) != nil {
			return
		}
		began := time.Now()
		c.look(ctx, &calls)
		pause = max(lookEvery, lookPause*time.Since(began))
	}
}

// hasSomethingToDo reports whether orders need to be followed at all.
func (c *caller) hasSomethingToDo() bool {
	for _, s := range c.script.Scripts {
		if s.ReverseAfterMS > 0 {
			return true
		}
	}
	return !c.script.Callbacks.Off && (c.dialect == bursagb.Name || c.script.CallbackURL != "")
}

func (c *caller) look(ctx context.Context, calls *sync.WaitGroup) {
	orders, err := c.hub.Orders.List(ctx, order.ByOperator(), order.Filter{Door: c.dialect, Limit: lookedAt})
	if err != nil {
		return // stopping
	}
	for i := range orders {
		o := &orders[i]
		if c.news(o) {
			if o, err = c.hub.Orders.Get(ctx, order.ByOperator(), o.Number); err != nil {
				return // stopping
			}
			for j := range o.Lines {
				if line := &o.Lines[j]; c.told[line.ID] != line.Status {
					c.told[line.ID] = line.Status
					c.notify(ctx, calls, o, line)
				}
			}
		}
		c.notifyTakenBack(ctx, calls, o)
	}
}

// news reports a line whose state nobody has been told.
func (c *caller) news(o *order.Order) bool {
	return slices.ContainsFunc(o.Lines, func(l order.Line) bool { return c.told[l.ID] != l.Status })
}

// notifyTakenBack reverses an order some time after it was completed.
func (c *caller) notifyTakenBack(ctx context.Context, calls *sync.WaitGroup, o *order.Order) {
	if c.back[o.ID] || o.Status != order.StatusCompleted || o.CompletedAt == nil {
		return
	}
	after := c.script.Scripts[o.Lines[0].SKU].ReverseAfterMS
	if after == 0 || time.Since(*o.CompletedAt) < time.Duration(after)*time.Millisecond {
		return
	}
	c.back[o.ID] = true
	line := &o.Lines[0]
	c.faults.reverse(o.Number, o.Reference, line.Code, strconv.FormatInt(line.ID, 10))
	o.Status, line.Status = order.StatusFailed, order.StatusFailed
	line.Failed, line.Completed = line.Completed, 0
	c.notify(ctx, calls, o, line)
}

// notify sends what there is to say of the line, as often and as late as the script
// says.
func (c *caller) notify(ctx context.Context, calls *sync.WaitGroup, o *order.Order, line *order.Line) {
	if c.script.Callbacks.Off {
		return
	}
	url, header, body := c.message(ctx, o, line)
	if url == "" {
		return
	}
	for range max(c.script.Callbacks.Copies, 1) {
		delay := time.Duration(c.script.Callbacks.DelayMS) * time.Millisecond
		if c.script.Callbacks.Shuffle {
			delay += rand.N(shuffledWithin)
		}
		calls.Go(func() { c.send(ctx, delay, url, header, body) })
	}
}

// message is the dialect's, or nothing.
func (c *caller) message(ctx context.Context, o *order.Order, line *order.Line) (
	url string, header http.Header, body []byte,
) {
	var err error
	switch c.dialect {
	case gameso.Name:
		var event string
		event, body, err = gameso.Payload(o)
		if err != nil || event == "" || line.Position != 1 {
			return "", nil, nil
		}
		return c.script.CallbackURL, gameso.SignatureSettings{}.Headers(
			c.script.CallbackSecret, "whd_"+o.Number[len(o.Number)-16:], event, time.Now(), body,
		), body
	case jsonhttp.Name:
		if c.script.CallbackURL == "" || c.script.CallbackSecret == "" {
			return "", nil, nil
		}
		header, body = jsonhttp.Callback(
			c.script.CallbackSecret, "msg_"+o.Number+"_"+string(line.Status), o.Reference, time.Now(),
		)
		return c.script.CallbackURL, header, body
	case bursagb.Name:
		if line.Status == order.StatusPending {
			return "", nil, nil
		}
		key, keyErr := c.hub.Accounts.CallbackKey(ctx, o.MerchantID)
		if body, err = bursagb.Callback(line); err != nil || keyErr != nil {
			return "", nil, nil
		}
		return o.NotifyURL, bursagb.CallbackHeaders(key), body
	default:
		return "", nil, nil
	}
}

func (c *caller) send(ctx context.Context, delay time.Duration, url string, header http.Header, body []byte) {
	for try := range callbackTries {
		if clock.Sleep(ctx, delay) != nil || c.post(ctx, url, header, body) {
			return
		}
		delay = time.Second << try
	}
	c.log.Warn("callback given up", "tries", callbackTries)
}

func (c *caller) post(ctx context.Context, url string, header http.Header, body []byte) bool {
	select {
	case <-ctx.Done():
		return false
	case c.room <- struct{}{}:
		defer func() { <-c.room }()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return true // never
	}
	request.Header = header.Clone()
	response, err := c.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBodyBytes))
	return response.StatusCode < http.StatusMultipleChoices
}
