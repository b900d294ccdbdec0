package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"orderhub/server/contract"
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

type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON instead of text; a list as one object per line."`
}

func (f jsonFlag) forPrograms() bool { return f.JSON }

// say prints what was answered: for programs all of it, for people in words.
func (f jsonFlag) say(std *Streams, answer any, words string, args ...any) error {
	if f.JSON {
		return printJSON(std.Out, answer)
	}
	_, err := fmt.Fprintf(std.Out, words, args...)
	return err
}

// saySecret is say for a secret that is shown this once: what was done goes elsewhere, so that a pipe takes it alone.
func (f jsonFlag) saySecret(std *Streams, answer any, done, what, secret string) error {
	if f.JSON {
		return printJSON(std.Out, answer)
	}
	if secret == "" {
		_, err := fmt.Fprintln(std.Err, done)
		return err
	}
	fmt.Fprintf(std.Err, "%s This is the only time %s is shown:\n", done, what)
	_, err := fmt.Fprintln(std.Out, secret)
	return err
}

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

// numberOrDash is a number, of which 0 stands for nothing.
func numberOrDash[N int32 | int64](n N) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// printList prints a list: as a table, or for programs, who need no more memory for many rows than for one as each has
// a line of its own.
func printList[T, R any](
	std *Streams, asJSON bool, found []T, toJSON func(T) R, cells func(T) []string, columns ...string,
) error {
	_, err := printEach(std, asJSON, func(yield func(T, error) bool) {
		for _, item := range found {
			if !yield(item, nil) {
				return
			}
		}
	}, toJSON, cells, columns...)
	return err
}

// printEach is printList of what is still to be read. more says that the list goes on behind it.
func printEach[T, R any](
	std *Streams, asJSON bool, found iter.Seq2[T, error], toJSON func(T) R, cells func(T) []string, columns ...string,
) (more bool, err error) {
	rows, n := newTable(std.Out, columns...), 0
	for item, err := range found {
		switch {
		case errors.Is(err, contract.ErrMore):
			more = true
			continue
		case err != nil:
			return false, err
		case asJSON:
			err = printJSONLine(std.Out, toJSON(item))
		default:
			rows.add(cells(item)...)
			if n++; n%mostRows == 0 {
				err = rows.flush()
			}
		}
		if err != nil {
			return false, err
		}
	}
	if asJSON {
		return more, nil
	}
	return more, rows.flush()
}

// saysMore is for who sees no more of a list than was asked for.
const saysMore = "There are more: --limit says how many are listed."

// lister is a command with the flags of a list.
type lister interface {
	forPrograms() bool
	watches() bool
	watch(ctx context.Context, std *Streams, list func(*Streams) error) error
}

// once are the flags of a list that is never watched.
type once struct {
	jsonFlag
	watchFlag
}

// showList prints a list that is read page by page; again, as a whole, whenever it has changed where it is watched.
func showList[M proto.Message](
	ctx context.Context, std *Streams, c lister, found iter.Seq2[M, error], cells func(M) []string, columns ...string,
) error {
	return showListAs(ctx, std, c, found, asMessage, cells, columns...)
}

// showListAs is showList of what programs get in another form.
func showListAs[T, R any](
	ctx context.Context, std *Streams, c lister, found iter.Seq2[T, error], toJSON func(T) R, cells func(T) []string,
	columns ...string,
) error {
	return c.watch(ctx, std, func(std *Streams) error {
		more, err := printEach(std, c.forPrograms(), found, toJSON, cells, columns...)
		if more && !c.watches() {
			fmt.Fprintln(std.Err, saysMore)
		}
		return err
	})
}

// collect is all that is read, or why it was not. Where that is not all there is, std is told.
func collect[T any](std *Streams, found iter.Seq2[T, error]) (all []T, err error) {
	for item, err := range found {
		switch {
		case errors.Is(err, contract.ErrMore):
			fmt.Fprintln(std.Err, saysMore)
		case err != nil:
			return nil, err
		default:
			all = append(all, item)
		}
	}
	return all, nil
}

// printJSONLine prints v on a line of its own.
func printJSONLine(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
