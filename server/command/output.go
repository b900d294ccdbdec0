package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// table prints aligned columns.
type table struct{ writer *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.add(columns...)
	return t
}

func (t *table) add(cells ...string) {
	fmt.Fprintln(t.writer, strings.Join(cells, "\t"))
}

func (t *table) flush() error { return t.writer.Flush() }

// printJSON prints v for programs.
func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// count is a number with its noun: "1 unit", "12,500 units".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes n with a comma between thousands.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// sum is an amount of the API with its currency, "" for none.
func sum(currency, amount string) string {
	if amount == "" {
		return ""
	}
	return currency + " " + amount
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// shownTime is a time of the API for people, "-" for none.
func shownTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return instant(t.AsTime())
}

// orDash stands for nothing in a table.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// printJSONLines prints a list for programs: each row on a line of its own, so that
// a reader needs no more memory for many rows than for one.
func printJSONLines[T any](w io.Writer, rows []T) error {
	for i := range rows {
		if err := printJSONLine(w, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// printList prints a list, for programs or as a table.
func printList[T, R any](
	std *Streams, asJSON bool, found []T, toJSON func(T) R, cells func(T) []string, columns ...string,
) error {
	rows := newTable(std.Out, columns...)
	for _, item := range found {
		if !asJSON {
			rows.add(cells(item)...)
		} else if err := printJSONLine(std.Out, toJSON(item)); err != nil {
			return err
		}
	}
	if asJSON {
		return nil
	}
	return rows.flush()
}

// printJSONLine prints v on a line of its own.
func printJSONLine(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
