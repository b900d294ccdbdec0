package command

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"
)

// watchEvery is how often a list that is watched is asked for.
const watchEvery = 2 * time.Second

// clearScreen is what terminals begin anew at.
const clearScreen = "\x1b[H\x1b[2J"

// watchFlag lets a list be shown again whenever it has changed.
type watchFlag struct {
	Watch bool `help:"Go on until interrupted: on a terminal show the list anew whenever it changes, else print the rows that are new or changed."`
}

func (f *watchFlag) watches() bool { return f.Watch }

// watch prints what list prints, once or for as long as ctx lasts.
func (f *watchFlag) watch(ctx context.Context, std *Streams, list func(*Streams) error) error {
	if !f.Watch {
		return list(std)
	}
	terminal := isTerminal(std.Out)
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for before := ""; ; {
		var out bytes.Buffer
		err := list(&Streams{In: std.In, Out: &out, Err: std.Err})
		switch now := out.String(); {
		case ctx.Err() != nil: // that is how it ends
			return nil
		case err != nil:
			return err
		case now == before:
		case terminal:
			fmt.Fprint(std.Out, clearScreen, now)
			before = now
		default:
			fmt.Fprint(std.Out, newLines(before, now))
			before = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// printJSON prints what is no list for programs: each time on a line of its own where it is watched.
func (f *watchFlag) printJSON(std *Streams, v any) error {
	if f.Watch {
		return printJSONLine(std.Out, v)
	}
	return printJSON(std.Out, v)
}

// newLines are the lines of now that before does not have. Columns may have moved.
func newLines(before, now string) string {
	had := make(map[string]bool)
	for line := range strings.Lines(before) {
		had[strings.Join(strings.Fields(line), " ")] = true
	}
	var fresh strings.Builder
	for line := range strings.Lines(now) {
		if !had[strings.Join(strings.Fields(line), " ")] {
			fresh.WriteString(line)
		}
	}
	return fresh.String()
}
