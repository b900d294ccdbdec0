package command

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// references makes references for orders that have none in their file, of what their row says and how many before it
// say the same: the same rows are the same orders, wherever they stand and whatever else is in the file.
type references struct {
	series string // whose rows they are, to tell them from equal ones at another time
	equal  map[[sha256.Size]byte]int
}

func newReferences(series string) *references {
	return &references{series, make(map[[sha256.Size]byte]int)}
}

// of is the reference of the next row.
func (r *references) of(columns, cells []string) string {
	said := []string{r.series}
	for i, name := range columns {
		if cells[i] != "" {
			said = append(said, name+"\x00"+cells[i])
		}
	}
	slices.Sort(said[1:]) // columns may be put in another order
	sum := sha256.Sum256([]byte(strings.Join(said, "\x00\x00")))
	r.equal[sum]++
	return fmt.Sprintf("csv-%s-%d", hex.EncodeToString(sum[:10]), r.equal[sum])
}

type sheetLine = orderhubv1.OrderLine

// sheetColumns are those of orders; prefixes beside them: field. and metadata.
var sheetColumns = map[string]func(o *orderhubv1.Order, l *sheetLine) *string{
	"reference":          func(o *orderhubv1.Order, _ *sheetLine) *string { return &o.ReferenceId },
	"coupon":             func(o *orderhubv1.Order, _ *sheetLine) *string { return &o.Coupon },
	"notify_url":         func(o *orderhubv1.Order, _ *sheetLine) *string { return &o.NotifyUrl },
	"expected_total":     func(o *orderhubv1.Order, _ *sheetLine) *string { return &o.ExpectedTotalAmount },
	"user_id":            func(o *orderhubv1.Order, _ *sheetLine) *string { return &recipientOf(o).UserId },
	"server_id":          func(o *orderhubv1.Order, _ *sheetLine) *string { return &recipientOf(o).ServerId },
	"character_id":       func(o *orderhubv1.Order, _ *sheetLine) *string { return &recipientOf(o).CharacterId },
	"sku":                func(_ *orderhubv1.Order, l *sheetLine) *string { return &l.Sku },
	"use_date":           func(_ *orderhubv1.Order, l *sheetLine) *string { return &l.UseDate },
	"external_reference": func(_ *orderhubv1.Order, l *sheetLine) *string { return &l.ExternalReference },
}

// quantityColumn is the one that is no text.
const quantityColumn = "quantity"

func quantityOf(text string) (int32, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("quantity must be a whole number above 0, not %q", text)
	}
	return int32(n), nil
}

func recipientOf(o *orderhubv1.Order) *orderhubv1.Recipient {
	if o.GetRecipient() == nil {
		o.Recipient = &orderhubv1.Recipient{}
	}
	return o.GetRecipient()
}

// checkColumns says what is wrong with the first row.
func checkColumns(columns []string) error {
	has := make(map[string]bool)
	for i, name := range columns {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff")
			columns[0] = name
		}
		_, known := sheetColumns[name]
		if !known && name != quantityColumn && !strings.HasPrefix(name, "field.") && !strings.HasPrefix(name, "metadata.") {
			return fmt.Errorf("line 1: column %q is not known; see --help", name)
		}
		if has[name] {
			return fmt.Errorf("line 1: column %q is there twice", name)
		}
		has[name] = true
	}
	if !has["sku"] || !has[quantityColumn] {
		return errors.New("line 1: the columns sku and quantity are needed")
	}
	return nil
}

// sheetOrders reads orders while they are asked for. It ends with an error.
func sheetOrders(file io.Reader, made *references) iter.Seq2[sheetOrder, error] {
	return func(yield func(sheetOrder, error) bool) {
		rows := csv.NewReader(file)
		columns, err := rows.Read()
		if err == nil {
			err = checkColumns(columns)
		} else if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		if err != nil {
			yield(sheetOrder{}, err)
			return
		}
		var open sheetOrder
		for {
			cells, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var next sheetOrder
			if err == nil {
				line, _ := rows.FieldPos(0)
				next, err = sheetRow(columns, cells, line, made)
			}
			if err == nil && open.order != nil {
				err = open.sameOrder(&next)
			}
			if err != nil { // the row may be of the order before, which is not placed without it
				yield(sheetOrder{}, err)
				return
			}
			if open.order != nil && open.order.GetReferenceId() == next.order.GetReferenceId() {
				open.order.Lines = append(open.order.Lines, next.order.GetLines()...)
				continue
			}
			if open.order != nil && !yield(open, nil) {
				return
			}
			open = next
		}
		if open.order != nil {
			yield(open, nil)
		}
	}
}

// sameOrder says what a row says otherwise of the order that the rows before it are of, so that nobody gets what is
// another's. What a row leaves empty is as in the first one.
func (s *sheetOrder) sameOrder(next *sheetOrder) error {
	if s.order.GetReferenceId() != next.order.GetReferenceId() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(sheetColumns)) {
		column, apart := sheetColumns[name], &sheetLine{} // what is of a line may differ
		first, here := *column(proto.CloneOf(s.order), apart), *column(proto.CloneOf(next.order), apart)
		if here != "" && here != first {
			return fmt.Errorf("line %d: %s is another one than in line %d, which is of the same order", next.line, name, s.line)
		}
	}
	for key, text := range next.order.GetMetadata() {
		if first := s.order.GetMetadata()[key]; text != first {
			return fmt.Errorf(
				"line %d: metadata.%s is another one than in line %d, which is of the same order", next.line, key, s.line,
			)
		}
	}
	return nil
}

// sheetRow is one row of a file.
func sheetRow(columns, cells []string, line int, made *references) (sheetOrder, error) {
	l := &orderhubv1.OrderLine{Fields: map[string]string{}}
	o := &orderhubv1.Order{Lines: []*orderhubv1.OrderLine{l}, Metadata: map[string]string{}}
	for i, name := range columns {
		text := cells[i]
		if text == "" {
			continue
		}
		field, isField := strings.CutPrefix(name, "field.")
		key, isMetadata := strings.CutPrefix(name, "metadata.")
		switch {
		case isField:
			l.Fields[field] = text
		case isMetadata:
			o.Metadata[key] = text
		case name == quantityColumn:
			var err error
			if l.Quantity, err = quantityOf(text); err != nil {
				return sheetOrder{}, fmt.Errorf("line %d: %w", line, err)
			}
		default:
			*sheetColumns[name](o, l) = text
		}
	}
	if o.GetReferenceId() == "" {
		o.ReferenceId = made.of(columns, cells)
	}
	return sheetOrder{line, o}, nil
}
