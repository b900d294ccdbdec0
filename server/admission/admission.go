// Package admission bounds what is at work at once, over every way into the hub:
// calls, the bytes of what they send, and connections. Nobody holds more than a
// share of any of it, so that one merchant or one address never keeps all the
// others out. Who a caller is, and how a refusal is worded, belongs to others.
package admission

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// soonest is the least that callers who are turned away are told to wait, and
	// longest the most.
	soonest = time.Second
	longest = 10 * time.Second
	// crowdDelay is what they are told to wait longer for each time that as many
	// of them as there are places came within a second. Turning away costs a fifth
	// of serving: it must stay rare enough to leave the hub to those it serves.
	crowdDelay = 2 * time.Second
)

// Defaults of [Options].
const (
	// DefaultCalls is two full placement batches, one at work and one gathering:
	// with more calls at once each only waits longer.
	DefaultCalls = 512
	// DefaultBytes is 32 of the largest requests that are no import.
	DefaultBytes = 32 << 20
)

// strangerShare is how many parts of all bytes there are, of which the strangers of one
// network have one.
const strangerShare = 32

// Options say how much there is of everything; zero is the default.
type Options struct {
	Calls    int   // at work at once; of one merchant, or from one network, three quarters of that
	Bytes    int64 // of requests being received or at work; of one of them, or of all strangers, a quarter of that
	Log      *slog.Logger
	Registry prometheus.Registerer // nil for no metrics
	Now      func() time.Time      // nil for time.Now
}

// FullError says that there is no room for a call, and when its caller may come
// back.
type FullError struct{ After time.Duration }

func (e *FullError) Error() string { return "too many calls at once" }

// party is who holds bytes: a merchant or, before it is known, a network.
type party struct {
	merchantID int64
	network    netip.Addr
}

// Control lets calls in while there is room. It stands in front of everything
// that costs something, the log line of each call included.
type Control struct {
	places    int64
	networks  *Quota[netip.Addr] // whose calls are at work
	merchants *Quota[int64]      // likewise, of calls whose merchant is known
	bytes     *Quota[party]
	strangers *Quota[netip.Addr] // bytes of who has not shown yet who they are

	log      *slog.Logger
	now      func() time.Time
	refusals prometheus.Counter

	second     atomic.Int64 // Unix time that away counts
	away, last atomic.Int64 // turned away in this second, and in the one before
}

// New has room for as much as the options say. It fails when the metrics cannot
// be registered.
func New(o Options) (*Control, error) {
	if o.Calls <= 0 {
		o.Calls = DefaultCalls
	}
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	places := int64(o.Calls)
	share := max(1, places*3/4)
	c := &Control{
		places: places, networks: NewQuota[netip.Addr](places, share), merchants: NewQuota[int64](math.MaxInt64, share),
		bytes: NewQuota[party](o.Bytes, max(o.Bytes/4, 1)), log: o.Log, now: o.Now,
		strangers: NewQuota[netip.Addr](max(o.Bytes/4, 1), max(o.Bytes/strangerShare, 1)),
		refusals: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_calls_turned_away_total", Help: "Calls refused because too much was at work.",
		}),
	}
	if o.Registry == nil {
		return c, nil
	}
	return c, c.register(o.Registry)
}

func (c *Control) register(registry prometheus.Registerer) error {
	for _, metric := range []prometheus.Collector{
		c.refusals,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "orderhub_calls_in_flight", Help: "Calls at work.",
		}, func() float64 { return float64(c.networks.Used()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "orderhub_request_bytes", Help: "Bytes of requests that are being received or at work.",
		}, func() float64 { return float64(c.bytes.Used()) }),
	} {
		if err := registry.Register(metric); err != nil {
			return err
		}
	}
	return nil
}

// Full says that a call would not get in just now, and when its caller may come
// back. What it lets through may still be turned away.
func (c *Control) Full(ctx context.Context) *FullError {
	if !c.networks.Full() {
		return nil
	}
	return c.turnAway(ctx)
}

// turnAway counts a caller and says when it may come back: later the more there
// are, and not all at the same moment. Only the first of a second is logged: a
// line for each would be work for nothing when there is too much of it.
func (c *Control) turnAway(ctx context.Context) *FullError {
	c.refusals.Inc()
	now := c.now().Unix()
	if before := c.second.Swap(now); before != now {
		c.last.Store(c.away.Swap(0))
		c.log.LogAttrs(ctx, slog.LevelWarn, "turning calls away",
			slog.Int64("at_work", c.networks.Used()), slog.Int64("request_bytes", c.bytes.Used()))
	}
	crowd := max(c.away.Add(1), c.last.Load())
	after := soonest + time.Duration(crowd)*crowdDelay/time.Duration(c.places)
	return &FullError{After: min(after/2+rand.N(after), longest)}
}

// Network is whose share an address is part of: its own or, as one caller has
// many of IPv6, that of its /64.
func Network(address netip.Addr) netip.Addr {
	address = address.Unmap()
	if !address.Is6() {
		return address
	}
	prefix, err := address.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.Addr()
}
