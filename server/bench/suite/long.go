package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// long is work that goes over many rows, by a command beside the database.
type long struct {
	What     string
	Rows     int
	Took     time.Duration
	Resident float64 // bytes at most
}

func (l *long) PerSecond() float64 { return float64(l.Rows) / l.Took.Seconds() }

// stockProduct is what units are imported of.
const stockProduct = "sku,name,category,price,currency,source\nbench-units,Units,bench,1.00,THB,stock\n"

// measureLong goes over everything in the database that has the most orders, and brings as many units into it.
func (s *suite) measureLong(ctx context.Context, e engine, r *results, g *grown) error {
	units, products := filepath.Join(s.dir, "units.txt"), filepath.Join(s.dir, "products.csv")
	if err := writeUnits(units, g.rows); err != nil {
		return err
	}
	if err := os.WriteFile(products, []byte(stockProduct), 0o600); err != nil {
		return err
	}
	if _, err := s.program.Command(ctx, e, g.database, "product", "import", products); err != nil {
		return err
	}
	for _, w := range []struct {
		what string
		args []string
	}{
		{"orders verified", []string{"verify"}},
		{"orders exported", []string{"order", "export"}},
		{"units imported", []string{"units", "import", "bench-units", units}},
	} {
		s.say("%s with %d orders: %s", r.Database, g.rows, w.what)
		used, err := s.program.CommandTo(ctx, e, g.database, io.Discard, w.args...)
		if err != nil {
			return err
		}
		r.Long = append(r.Long, long{w.what, g.rows, used.Took, used.Resident})
	}
	return nil
}

func writeUnits(path string, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for i := range n {
		if _, err := fmt.Fprintf(out, "BENCH-%010d-%08X\n", i, uint32(i)*2654435761); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
