package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// comparison is of both sides in one way of placing orders.
type comparison struct {
	database, api string
	inFlight      int
	duel          duel
	blocks        []block
}

func (c *comparison) String() string {
	return fmt.Sprintf("%s, %s, %d in flight", c.database, apiTitles[c.api], c.inFlight)
}

var apiTitles = map[string]string{"grpc": "gRPC", "rest": "REST"}

// ratio is that of the working tree to base by a figure, over the blocks that have it.
func (c *comparison) ratio(figure func(share) float64) interval {
	var logs []float64
	for _, b := range c.blocks {
		if was, is := figure(b[base]), figure(b[tree]); was > 0 && is > 0 {
			logs = append(logs, math.Log(is/was))
		}
	}
	i := signedRank(logs)
	return interval{math.Exp(i.low), math.Exp(i.middle), math.Exp(i.high)}
}

// speed is the ratio of the orders per second.
func (c *comparison) speed() interval { return c.ratio(share.answered) }

// cpu is the ratio of the processor time per order.
func (c *comparison) cpu() interval { return c.ratio(share.cpuPerOrder) }

// verdict allows the working tree to lose a share of its speed up to the limit.
func (c *comparison) verdict(limit float64) verdict { return judge(c.speed(), limit) }

// median of a figure of one side over the blocks.
func (c *comparison) median(s side, figure func(share) float64) float64 {
	values := make([]float64, len(c.blocks))
	for i, b := range c.blocks {
		values[i] = figure(b[s])
	}
	slices.Sort(values)
	return middle(values)
}

// perSecond is the rate of one side with windows of that length.
func (c *comparison) perSecond(s side, window time.Duration) float64 {
	return c.median(s, share.answered) / (2 * window.Seconds())
}

// answered counts the orders within the windows. A hub that answered none is as good
// as one that answered half of an order, and not left out.
func (s share) answered() float64 { return max(float64(s.calls), 0.5) }

func (s share) cpuPerOrder() float64         { return s.cpu / max(float64(s.orders), 1) }
func (s share) allocationsPerOrder() float64 { return s.allocations / max(float64(s.orders), 1) }
