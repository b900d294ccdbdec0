package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

var columns = []string{
	"database", "API", "in flight", "orders/s was", "is", "ratio", "CPU µs was", "is", "ratio", "allocations was", "is",
	"blocks", "verdict",
}

// write prints a row for each comparison.
func (g *guard) write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s (was) against the working tree (is); ratios are is to was, with 95 %% confidence\n\n", g.commit)
	fmt.Fprintln(table, strings.Join(columns, "\t"))
	for _, c := range g.done {
		fmt.Fprintln(table, strings.Join(g.row(c), "\t"))
	}
	return table.Flush()
}

func (g *guard) row(c *comparison) []string {
	micros := func(s side) float64 { return c.median(s, share.cpuPerOrder) * 1e6 }
	allocations := func(s side) float64 { return c.median(s, share.allocationsPerOrder) }
	return []string{
		c.database, apiTitles[c.api], fmt.Sprint(c.inFlight),
		whole(c.perSecond(base, g.window)), whole(c.perSecond(tree, g.window)), c.speed().String(),
		whole(micros(base)), whole(micros(tree)), c.cpu().String(),
		whole(allocations(base)), whole(allocations(tree)),
		fmt.Sprint(len(c.blocks)), c.verdict(g.limit).text(g.limit),
	}
}

// whole is a figure without what nobody reads, or "–" when the hub does not tell it.
func whole(v float64) string {
	if v == 0 || math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.0f", v)
}

func (i interval) String() string {
	if math.IsNaN(i.middle) {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", i.middle, i.low, i.high)
}
