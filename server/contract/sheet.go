package contract

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// orderColumns are those of a sheet of orders. Columns are only ever added at the end.
var orderColumns = []string{
	"order_number", "reference_id", "merchant", "order_status", "placed", "completed", "position", "sku", "product_name",
	"external_reference", "line_status", "quantity", "completed_quantity", "currency", "unit_price", "discount", "total",
	"refunded", "coupon",
}

// WriteOrders writes orders as CSV while they are read, a row for each line, without goods and what is personal. The
// heading is there without orders too.
func WriteOrders(w io.Writer, orders iter.Seq2[*orderhubv1.Order, error]) error {
	return writeSheet(w, orderColumns, orders, orderRows)
}

// writeSheet writes rows as CSV while what they are of is read. The heading is there without any too, and where reading
// fails all rows before. Where reading fails at once nothing is written: who asked can be told the failure instead.
func writeSheet[T any](w io.Writer, columns []string, all iter.Seq2[T, error], rows func(T) [][]string) error {
	file := csv.NewWriter(w)
	if err := file.Write(columns); err != nil {
		return err
	}
	begun := false
	for one, err := range all {
		if err != nil && !begun {
			return err
		}
		begun = true
		if err != nil {
			file.Flush()
			return brokenOff(err, file.Error())
		}
		for _, row := range rows(one) {
			if err := file.Write(row); err != nil {
				return err
			}
		}
	}
	file.Flush()
	return file.Error()
}

// brokenOff is why reading ended early, as it was told: what explains errors of the contract looks for them bare. What
// was read could be written unless flushed says otherwise.
func brokenOff(err, flushed error) error {
	if flushed == nil {
		return err
	}
	return errors.Join(err, flushed)
}

func orderRows(o *orderhubv1.Order) [][]string {
	rows := make([][]string, len(o.GetLines()))
	for i, l := range o.GetLines() {
		rows[i] = []string{
			o.GetOrderNumber(), Plain(o.GetReferenceId()), Plain(o.GetMerchant()), Word(o.GetStatus()),
			SheetTime(o.GetCreateTime()), SheetTime(o.GetCompleteTime()), strconv.Itoa(i + 1), Plain(l.GetSku()),
			Plain(l.GetProductName()), Plain(l.GetExternalReference()), Word(l.GetStatus()),
			strconv.Itoa(int(l.GetQuantity())), strconv.Itoa(int(l.GetCompletedQuantity())), o.GetCurrency(),
			l.GetUnitPrice(), l.GetDiscountAmount(), l.GetTotalAmount(), l.GetRefundedAmount(), Plain(o.GetCoupon()),
		}
	}
	return rows
}

// transferColumns are those of a sheet of a wallet's movements. Columns are only ever added at the end.
var transferColumns = []string{
	"transfer", "time", "kind", "amount", "balance_after", "currency", "order_number", "reference", "description",
	"hold_number",
}

// WriteTransfers writes a statement as CSV while it is read, a row for each movement. The heading is there without any
// too. Amounts stay numbers: a minus is theirs.
func WriteTransfers(w io.Writer, transfers iter.Seq2[*orderhubv1.Transfer, error]) error {
	return writeSheet(w, transferColumns, transfers, func(t *orderhubv1.Transfer) [][]string {
		return [][]string{{
			strconv.FormatInt(t.GetId(), 10), SheetTime(t.GetCreateTime()), Word(t.GetKind()), t.GetAmount(),
			t.GetBalanceAfter(), t.GetCurrency(), t.GetOrderNumber(), Plain(t.GetReference()), Plain(t.GetDescription()),
			t.GetHoldNumber(),
		}}
	})
}

// Plain is a text that no spreadsheet takes for a formula, also one that skips blanks or reads wide signs as plain.
func Plain(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") {
		return "'" + text
	}
	return text
}

// SheetTime is a moment in a sheet, "" for none.
func SheetTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339Nano)
}

// entryColumns are those of a sheet of the record. Columns are only ever added at the end.
var entryColumns = []string{
	"entry", "time", "actor_kind", "actor", "key", "address", "via", "request_id", "method", "target_kind", "target",
	"reason", "request", "before", "after",
}

// WriteEntries writes entries of the record as CSV while they are read. The heading is there without entries too.
func WriteEntries(w io.Writer, entries iter.Seq2[*orderhubv1.AuditEntry, error]) error {
	return writeSheet(w, entryColumns, entries, func(e *orderhubv1.AuditEntry) [][]string {
		return [][]string{{
			strconv.FormatInt(e.GetId(), 10), SheetTime(e.GetTime()), Word(e.GetActorKind()), Plain(e.GetActor()),
			strconv.FormatInt(e.GetKey(), 10), e.GetAddress(), e.GetVia(), Plain(e.GetRequestId()), Plain(e.GetMethod()),
			e.GetTargetKind(), Plain(e.GetTarget()), Plain(e.GetReason()), Plain(e.GetRequest()), Plain(e.GetBefore()),
			Plain(e.GetAfter()),
		}}
	})
}

// WriteMessages writes messages as REST has them, one on a line, while they are read. Where reading fails, all before
// are there.
func WriteMessages[M proto.Message](w io.Writer, messages iter.Seq2[M, error]) error {
	out := bufio.NewWriter(w)
	for m, err := range messages {
		if err != nil {
			return brokenOff(err, out.Flush())
		}
		text, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(m)
		if err != nil {
			return err
		}
		var line bytes.Buffer // protojson puts in blanks, or does not
		if err := json.Compact(&line, text); err != nil {
			return err
		}
		line.WriteByte('\n')
		if _, err := out.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return out.Flush()
}
