package api

import (
	"bufio"
	"cmp"
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"iter"
	"slices"
	"text/template"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/export"
	"orderhub/server/money"
	"orderhub/server/reading"
)

//go:embed statement.html statement.txt
var statementFiles embed.FS

// statementForm is what the document of a statement may be.
type statementForm struct {
	contentType string
	page        interface {
		Execute(w io.Writer, data any) error
	}
}

// statementForms are the forms by what a request calls them. The page prints well, and so makes a good PDF.
var statementForms = map[string]statementForm{
	"html": {"text/html; charset=utf-8", htmltemplate.Must(htmltemplate.ParseFS(statementFiles, "statement.html"))},
	"text": {"text/plain; charset=utf-8", template.Must(template.ParseFS(statementFiles, "statement.txt"))},
}

// statementPart is how many bytes of a statement a message has.
const statementPart = 32 << 10

// GetStatement counts among exports, and reads as they do: in memory that does not grow with what moved.
func (s *accountService) GetStatement(
	r *orderhubv1.GetStatementRequest, stream orderhubv1.AccountService_GetStatementServer,
) error {
	merchantID, err := s.merchantID(stream.Context(), r.GetMerchant())
	if err != nil {
		return err
	}
	book, err := s.statementOf(r)
	if err != nil {
		return err
	}
	return s.exporting(stream.Context(), func(ctx context.Context) error {
		if err := s.open(reading.Only(ctx), book, merchantID); err != nil {
			return err
		}
		form := statementForms[cmp.Or(r.GetFormat(), "html")]
		out := &sender[*orderhubv1.GetStatementResponse]{send: stream.Send, most: s.watchers.slowAfter}
		parts := bufio.NewWriterSize(writerFunc(func(part []byte) error {
			return out.deliver(ctx, &orderhubv1.GetStatementResponse{
				ContentType: form.contentType, Data: slices.Clone(part), // who reads it within the process keeps it
			})
		}), statementPart)
		if err := book.write(parts, form); err != nil {
			return err
		}
		return parts.Flush()
	})
}

// statementOf is the statement of the span that is asked for. *errs.InvalidError.
func (s *accountService) statementOf(r *orderhubv1.GetStatementRequest) (*statement, error) {
	bad := &errs.InvalidError{}
	book := &statement{
		From:   fromAPITime(bad, "create_time_from", r.GetCreateTimeFrom()),
		Before: s.Exports.Settled().Truncate(time.Second),
	}
	if to := fromAPITime(bad, "create_time_to", r.GetCreateTimeTo()); to.After(book.Before) {
		bad.Add("create_time_to", "must be a minute ago: what moved since may not be there yet")
	} else if !to.IsZero() {
		book.Before = to
	}
	if book.From.After(book.Before) {
		bad.Add("create_time_from", "must not be after the end of the statement")
	}
	return book, bad.OrNil()
}

// writerFunc writes all of each part, or fails.
type writerFunc func(part []byte) error

func (f writerFunc) Write(part []byte) (int, error) {
	if err := f(part); err != nil {
		return 0, err
	}
	return len(part), nil
}

// open finds what the wallet had at first and at last, and begins to read what moved.
func (s *accountService) open(ctx context.Context, book *statement, merchantID int64) error {
	m, err := s.Accounts.Merchant(ctx, merchantID)
	if err != nil {
		return err
	}
	before := func(at time.Time) (b account.Balance, err error) { // the hub's clock has nothing finer
		return s.Accounts.BalanceAt(ctx, merchantID, at.Add(-time.Microsecond))
	}
	if book.closing, err = before(book.Before); err != nil {
		return err
	}
	if !book.From.IsZero() {
		opening, err := before(book.From)
		if err != nil {
			return err
		}
		book.balance = opening.Amount
	}
	book.Merchant, book.Opening = m.Name, book.amount(book.balance)
	book.movements = s.Exports.Rows(ctx, export.Query{
		Kind: export.Transfers, MerchantID: merchantID, From: book.From, To: book.Before,
	})
	return nil
}

// statement is that of a wallet as of a moment, as its page shows it. It is added up while that is written.
type statement struct {
	Merchant, Opening string
	From, Before      time.Time // From is zero for the beginning

	closing   account.Balance
	movements iter.Seq2[*export.Row, error]
	balance   money.Amount
	kinds     []statementKind
	err       error
}

type statementKind struct {
	Kind  string
	Count int
	sum   money.Amount
	Sum   string
}

// statementRow is a row of the page; its fields are columns of the export.
type statementRow struct{ Time, Kind, Amount, Balance, Order, Hold, Reference, Description string }

// write writes the page while what moved is read. An error comes before its end is written, so that it does not look
// whole.
func (s *statement) write(w io.Writer, form statementForm) error {
	err := form.page.Execute(w, s)
	return cmp.Or(s.err, err)
}

// Currency is that of every amount.
func (s *statement) Currency() string { return string(s.closing.Currency) }

// Closing is what the wallet had at the end.
func (s *statement) Closing() string { return s.amount(s.closing.Amount) }

func (s *statement) amount(a money.Amount) string { return a.Format(s.closing.Currency) }

// Since is when the statement begins, "" for the beginning.
func (s *statement) Since() string {
	if s.From.IsZero() {
		return ""
	}
	return statementTime(s.From)
}

// Until is the moment before which it ends.
func (s *statement) Until() string { return statementTime(s.Before) }

func statementTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// Rows are the movements, oldest first.
func (s *statement) Rows() iter.Seq[statementRow] {
	return func(yield func(statementRow) bool) {
		for row, err := range s.movements {
			if s.err = err; err != nil {
				return
			}
			m := statementRowOf(row)
			if s.err = s.count(m); s.err != nil || !yield(m) {
				return
			}
		}
	}
}

func statementRowOf(row *export.Row) statementRow {
	cell := func(name string) string { return row.Cells[slices.Index(export.Columns(export.Transfers), name)] }
	return statementRow{
		statementTime(row.At), cell("kind"), cell("amount"), cell("balance_after"), cell("order_number"),
		cell("hold_number"), cell("reference"), cell("description"),
	}
}

// count adds a movement, after which the wallet must have what the export says.
func (s *statement) count(m statementRow) error {
	moved, err := money.ParseSigned(m.Amount, s.closing.Currency)
	if err != nil {
		return err
	}
	if s.balance, err = s.balance.Add(moved); err != nil {
		return err
	}
	if added := s.amount(s.balance); added != m.Balance {
		return fmt.Errorf("after the movement of %s the wallet had %s, and not %s", m.Time, m.Balance, added)
	}
	at := slices.IndexFunc(s.kinds, func(k statementKind) bool { return k.Kind == m.Kind })
	if at < 0 {
		at = len(s.kinds)
		s.kinds = append(s.kinds, statementKind{Kind: m.Kind})
	}
	k := &s.kinds[at]
	k.Count++
	k.sum, err = k.sum.Add(moved)
	k.Sum = s.amount(k.sum)
	return err
}

// Kinds are the sums of each kind of movement, once all rows were read. An error when they could not be read, or do not
// end with what the wallet had.
func (s *statement) Kinds() ([]statementKind, error) {
	if s.err == nil && s.balance != s.closing.Amount {
		s.err = fmt.Errorf("the movements end with %s, and not with %s", s.amount(s.balance), s.Closing())
	}
	return s.kinds, s.err
}
