package importfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"orderhub/server/catalog/importfile"
)

func TestUnitsStopWhenAsked(t *testing.T) {
	for unit, err := range importfile.Units(strings.NewReader("a\nb\n")) {
		if err != nil {
			t.Fatal(err)
		}
		if unit.Content != "a" {
			t.Errorf("got %v after the break", unit)
		}
		break
	}
}

func TestUnitsEndWithTheErrorOfTheReader(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		err  error
		want int
	}{
		"at once":                {file: "", err: errBroken, want: 0},
		"after lines":            {file: "abcd\nefgh\nij", err: errBroken, want: 2},
		"in an open quote":       {file: "content\nabcd\n\"efgh\nij\n", err: errBroken, want: 2},
		"an error like the end":  {file: "abcd\n", err: fmt.Errorf("cut off: %w", io.EOF), want: 1},
		"an error like our own":  {file: "abcd\n", err: &importfile.LineError{Line: 7}, want: 1},
		"an unexpected end":      {file: "abcd\n", err: io.ErrUnexpectedEOF, want: 1},
		"in the byte order mark": {file: "\xef\xbb", err: errBroken, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			units, last, count := 0, error(nil), 0
			for _, err := range importfile.Units(io.MultiReader(strings.NewReader(tc.file), iotest.ErrReader(tc.err))) {
				if last = err; err == nil {
					units++
				}
				if count++; count > 10 {
					t.Fatal("it goes on for ever")
				}
			}
			if units != tc.want || !errors.Is(last, tc.err) {
				t.Errorf("%d units, then %v", units, last)
			}
		})
	}
}

// A file may be any size: neither a line nor a quote without end may be held.
func TestMemoryIsBounded(t *testing.T) {
	const size = 64 << 20
	const most = 4 << 20
	for name, read := range map[string]func(){
		"line": func() { collect(importfile.Units(io.LimitReader(endless('a'), size))) },
		"row": func() {
			collect(importfile.Units(io.MultiReader(strings.NewReader("content\n\"a"), io.LimitReader(endless('a'), size))))
		},
		"JSON array": func() {
			collect(importfile.Products(io.MultiReader(strings.NewReader(`[{"sku":"`), io.LimitReader(endless('a'), size))))
		},
		"JSON line": func() { collect(importfile.Products(io.LimitReader(endless('{'), size))) },
		"space":     func() { collect(importfile.Products(io.LimitReader(endless(' '), size))) },
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			read()
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > most {
				t.Errorf("%d bytes allocated for a file of %d, at most %d expected", used, size, most)
			}
		})
	}
}
