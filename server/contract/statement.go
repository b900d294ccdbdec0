package contract

import (
	"context"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"iter"
	"slices"
	"text/template"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/money"
)

//go:embed statement.html statement.txt
var statementFiles embed.FS

// StatementForm is a form of the statement of a wallet.
type StatementForm string

// The forms. StatementHTML prints well, and so makes a good PDF.
const (
	StatementHTML StatementForm = "html"
	StatementText StatementForm = "text"
)

var statementPages = map[StatementForm]interface {
	Execute(w io.Writer, data any) error
}{
	StatementHTML: htmltemplate.Must(htmltemplate.ParseFS(statementFiles, "statement.html")),
	StatementText: template.Must(template.ParseFS(statementFiles, "statement.txt")),
}

// statementAge is how old the moment must be as of which there can be a statement: what happened before it is exported
// by then.
const statementAge = 2 * time.Minute

// ErrYoungStatement is of a statement as of a moment that has only just passed, or will.
var ErrYoungStatement = errors.New(
	"a statement is as of two minutes ago or earlier: what moved since may not be there yet",
)

// Statement is that of a wallet as of a moment.
type Statement struct {
	Merchant     string
	From, Before time.Time // From is zero for the beginning

	end       *orderhubv1.GetBalanceResponse
	movements iter.Seq2[*orderhubv1.ExportResponse, error]
}

// ReadStatement begins to read what moved in [from, before); from nil is the beginning, before nil as late as can be.
// [ErrYoungStatement], and what the calls answer.
func ReadStatement(
	ctx context.Context, accounts orderhubv1.AccountServiceClient, exports orderhubv1.ExportServiceClient,
	merchant string, from, before *timestamppb.Timestamp, now time.Time,
) (*Statement, error) {
	s := &Statement{Merchant: merchant, Before: now.Add(-statementAge).Truncate(time.Second)}
	if before != nil && before.AsTime().After(s.Before) {
		return nil, ErrYoungStatement
	}
	if before != nil {
		s.Before = before.AsTime()
	}
	if from != nil {
		s.From = from.AsTime()
	}
	end, err := accounts.GetBalance(ctx, &orderhubv1.GetBalanceRequest{
		Merchant: merchant, AtTime: timestamppb.New(s.Before.Add(-time.Microsecond)), // the hub's clock has nothing finer
	})
	s.end = end
	s.movements = exported(ctx, exports, &orderhubv1.ExportRequest{
		Kind: "transfers", Merchant: merchant, CreateTimeFrom: from, CreateTimeTo: timestamppb.New(s.Before),
	})
	return s, err
}

// exported are the messages of an export. It ends with an error.
func exported(
	ctx context.Context, exports orderhubv1.ExportServiceClient, request *orderhubv1.ExportRequest,
) iter.Seq2[*orderhubv1.ExportResponse, error] {
	return func(yield func(*orderhubv1.ExportResponse, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := exports.Export(ctx, request)
		for err == nil {
			var message *orderhubv1.ExportResponse
			if message, err = stream.Recv(); err == nil && !yield(message, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// Write writes it while it is read. An error comes before its end is written, so that it does not look whole.
func (s *Statement) Write(w io.Writer, form StatementForm) error {
	next, stop := iter.Pull2(s.movements)
	defer stop()
	b := &statementBook{Statement: s, next: next, currency: money.Currency(s.end.GetCurrency())}
	if err := b.begin(); err != nil {
		return err
	}
	return statementPages[form].Execute(w, b)
}

// statementBook adds up what a statement's page shows.
type statementBook struct {
	*Statement
	Opening string

	next     func() (*orderhubv1.ExportResponse, error, bool)
	message  *orderhubv1.ExportResponse
	currency money.Currency
	balance  money.Amount
	kinds    []statementKind
	err      error
}

type statementKind struct {
	Kind  string
	Count int
	sum   money.Amount
	Sum   string
}

// movement is a row of the page; its fields are columns of the export.
type movement struct{ Time, Kind, Amount, Balance, Order, Hold, Reference, Description string }

// Currency is that of every amount.
func (b *statementBook) Currency() string { return string(b.currency) }

// Closing is what the wallet had at the end.
func (b *statementBook) Closing() string { return b.end.GetBalance() }

// Since is when the statement begins, "" for the beginning.
func (b *statementBook) Since() string {
	if b.From.IsZero() {
		return ""
	}
	return statementTime(b.From)
}

// Until is the moment before which it ends.
func (b *statementBook) Until() string { return statementTime(b.Before) }

func statementTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// begin finds what the wallet had before the first movement.
func (b *statementBook) begin() error {
	if !b.more() {
		b.Opening = b.Closing()
		return b.err
	}
	first := b.row(0)
	after, errAfter := money.ParseSigned(first.Balance, b.currency)
	moved, errMoved := money.ParseSigned(first.Amount, b.currency)
	opening, err := after.Sub(moved)
	b.balance, b.Opening = opening, opening.Format(b.currency)
	return errors.Join(errAfter, errMoved, err)
}

// more reads the next message with rows.
func (b *statementBook) more() bool {
	for b.err == nil {
		message, err, ok := b.next()
		if b.message, b.err = message, err; !ok || err != nil {
			return false
		}
		if len(message.GetRows()) > 0 {
			return true
		}
	}
	return false
}

func (b *statementBook) row(i int) movement {
	cells := b.message.GetRows()[i].GetCells()
	cell := func(name string) string {
		if at := slices.Index(b.message.GetColumns(), name); at >= 0 && at < len(cells) {
			return cells[at]
		}
		return ""
	}
	m := movement{
		Time: cell("time"), Kind: cell("kind"), Amount: cell("amount"), Balance: cell("balance_after"),
		Order: cell("order_number"), Hold: cell("hold_number"), Reference: cell("reference"),
		Description: cell("description"),
	}
	if at, err := time.Parse(time.RFC3339Nano, m.Time); err == nil {
		m.Time = statementTime(at)
	}
	return m
}

// Rows are the movements, oldest first.
func (b *statementBook) Rows() iter.Seq[movement] {
	return func(yield func(movement) bool) {
		for ok := b.message != nil; ok; ok = b.more() {
			for i := range b.message.GetRows() {
				m := b.row(i)
				if b.err = b.count(m); b.err != nil || !yield(m) {
					return
				}
			}
		}
	}
}

// count adds a movement, after which the wallet must have what the export says.
func (b *statementBook) count(m movement) error {
	moved, err := money.ParseSigned(m.Amount, b.currency)
	if err != nil {
		return err
	}
	if b.balance, err = b.balance.Add(moved); err != nil {
		return err
	}
	if added := b.balance.Format(b.currency); added != m.Balance {
		return fmt.Errorf("after the movement of %s the wallet had %s, and not %s", m.Time, m.Balance, added)
	}
	at := slices.IndexFunc(b.kinds, func(k statementKind) bool { return k.Kind == m.Kind })
	if at < 0 {
		at = len(b.kinds)
		b.kinds = append(b.kinds, statementKind{Kind: m.Kind})
	}
	k := &b.kinds[at]
	k.Count++
	k.sum, err = k.sum.Add(moved)
	k.Sum = k.sum.Format(b.currency)
	return err
}

// Kinds are the sums of each kind of movement, once all rows were read. An error when they could not be read, or do not
// end with what the wallet had.
func (b *statementBook) Kinds() ([]statementKind, error) {
	if b.err == nil && len(b.kinds) > 0 && b.balance.Format(b.currency) != b.Closing() {
		b.err = fmt.Errorf("the movements end with %s, and not with %s", b.balance.Format(b.currency), b.Closing())
	}
	return b.kinds, b.err
}
