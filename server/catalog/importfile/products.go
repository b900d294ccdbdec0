package importfile

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxProductSize is the size of the largest row or JSON object of a products
// file, in bytes.
const MaxProductSize = 128 << 10

// ProductRow is one product of a products file, checked for its form only. What
// the file leaves empty or out is the zero value; see Has.
type ProductRow struct {
	Line  int // where the row or object begins, from 1
	Index int // the place among all rows or objects of the file, bad ones too, from 1

	SKU         string // never empty
	Name        string
	Category    string // slug of the category
	Price       string // as written, such as "100.00": not yet checked to be an amount
	Currency    string // as written
	Source      string
	Format      string
	Description string // may have line ends and tabs, as nothing else may
	Slug        string
	MinQuantity int64 // never negative
	MaxQuantity int64 // never negative
	Dated       bool
	Fields      json.RawMessage // a JSON array of objects without spaces between, or nil
	Attributes  map[string]string
	Status      string // as written
	// FulfilWithin is in whole seconds, never negative.
	FulfilWithin time.Duration
	ExpiryMargin time.Duration // likewise
	LowStock     int64         // never negative
	MaxLoss      int64         // hundredths of a percent, never negative
	LossPolicy   string        // as written

	RecipientCheckWithin time.Duration // in whole seconds, never negative

	given uint32 // bit i: the file has productColumns[i] for this product
}

const skuColumn = "sku"

// productTargets are the columns of a products file, which are the keys of its JSON objects too, and where the value of
// each goes. What that is says how it may be written.
var productTargets = []struct {
	column string
	of     func(*ProductRow) any
}{
	{skuColumn, func(p *ProductRow) any { return &p.SKU }},
	{"name", func(p *ProductRow) any { return &p.Name }},
	{"category", func(p *ProductRow) any { return &p.Category }},
	{"price", func(p *ProductRow) any { return &p.Price }},
	{"currency", func(p *ProductRow) any { return &p.Currency }},
	{"source", func(p *ProductRow) any { return &p.Source }},
	{"format", func(p *ProductRow) any { return &p.Format }},
	{"description", func(p *ProductRow) any { return &p.Description }},
	{"slug", func(p *ProductRow) any { return &p.Slug }},
	{"min_quantity", func(p *ProductRow) any { return &p.MinQuantity }},
	{"max_quantity", func(p *ProductRow) any { return &p.MaxQuantity }},
	{"dated", func(p *ProductRow) any { return &p.Dated }},
	{"fields", func(p *ProductRow) any { return &p.Fields }},
	{"attributes", func(p *ProductRow) any { return &p.Attributes }},
	{"fulfil_within", func(p *ProductRow) any { return &p.FulfilWithin }},
	{"status", func(p *ProductRow) any { return &p.Status }},
	{"expiry_margin", func(p *ProductRow) any { return &p.ExpiryMargin }},
	{"low_stock", func(p *ProductRow) any { return &p.LowStock }},
	{"max_loss_basis_points", func(p *ProductRow) any { return &p.MaxLoss }},
	{"loss_policy", func(p *ProductRow) any { return &p.LossPolicy }},
	{"recipient_check_within", func(p *ProductRow) any { return &p.RecipientCheckWithin }},
}

var productColumns = func() (names []string) {
	for _, target := range productTargets {
		names = append(names, target.column)
	}
	return names
}()

// target is where the value of a column goes, which must be one.
func (p *ProductRow) target(column string) any {
	return productTargets[slices.Index(productColumns, column)].of(p)
}

// Has reports whether the file has this column, such as "price", for the product,
// if only an empty one. An update may leave alone what the file does not have.
func (p *ProductRow) Has(column string) bool {
	i := slices.Index(productColumns, column)
	return i >= 0 && p.given&(1<<i) != 0
}

// set stores the text of one column. It returns what is wrong with it, or "".
func (p *ProductRow) set(column, text string) (reason string) {
	allowed := ""
	if column == "description" || column == "fields" || column == "attributes" {
		allowed = "\t\r\n"
	}
	if reason := textProblem(text, allowed); reason != "" {
		return reason
	}
	p.given |= 1 << slices.Index(productColumns, column)
	text, ok := strings.TrimSpace(text), true
	target := p.target(column)
	if _, asWritten := target.(*string); text == "" && !asWritten {
		return ""
	}
	switch to := target.(type) {
	case *string:
		*to = text
	case *int64:
		*to, ok = parseCount(text)
		reason = "is not a whole number, 0 or more"
	case *bool:
		*to, ok = parseYesNo(text)
		reason = "is neither true nor false"
	case *json.RawMessage:
		*to, ok = parseObjects(text)
		reason = "is not a JSON array of objects"
	case *map[string]string:
		*to, ok = parseTexts(text)
		reason = "is not a JSON object of texts"
	case *time.Duration:
		*to, ok = parseSeconds(text)
		reason = "is not a time in whole seconds, such as 3600 or 3600s"
		if column == "expiry_margin" {
			reason = "is not a time in whole seconds, such as 86400 or 86400s"
		}
	}
	if ok {
		return ""
	}
	return reason
}

func parseCount(text string) (int64, bool) {
	count, err := strconv.ParseUint(text, 10, 63)
	return int64(count), err == nil
}

func parseYesNo(text string) (yes, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	return false, false
}

// parseSeconds reads a number of seconds, with or without the "s" that REST has.
func parseSeconds(text string) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(strings.TrimSuffix(text, "s"), 10, 32)
	return time.Duration(seconds) * time.Second, err == nil
}

// parseTexts reads a JSON object of texts and nothing else; nil for one without any.
func parseTexts(text string) (map[string]string, bool) {
	var values map[string]*string // null is no text
	if err := json.Unmarshal([]byte(text), &values); err != nil || values == nil {
		return nil, false
	}
	if len(values) == 0 {
		return nil, true
	}
	texts := make(map[string]string, len(values))
	for key, value := range values {
		if value == nil {
			return nil, false
		}
		texts[key] = *value
	}
	return texts, true
}

// parseObjects checks that text is a JSON array of objects and nothing else.
func parseObjects(text string) (json.RawMessage, bool) {
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil || objects == nil {
		return nil, false
	}
	for _, object := range objects {
		if len(object) == 0 || object[0] != '{' {
			return nil, false
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, false
	}
	return compact.Bytes(), true
}

// Products reads a file of products in UTF-8, a byte order mark and CRLF allowed,
// once, as a stream. It is JSON if it begins with "[" (an array of objects) or "{"
// (one object per line), otherwise CSV with a header. Texts are trimmed; column
// names of a CSV header may be in any letter case.
//
// A *LineError speaks of one row or object, with the first column that is wrong,
// and reading goes on: an unknown key, a missing SKU, a number that is none, text
// with control characters, more than MaxProductSize bytes. A bad header, or an
// array whose elements cannot be told apart, is the last one. Any other error is
// that of r, and the last.
func Products(r io.Reader) iter.Seq2[ProductRow, error] {
	return func(yield func(ProductRow, error) bool) {
		lines := newLineReader(r, MaxProductSize)
		next, err := productsFormat(lines)
		if err != nil {
			yield(ProductRow{}, err)
			return
		}
		yieldAll(next, yield)
	}
}

// productsFormat looks at how the file begins and returns the reader for what it
// is. The error is a *LineError for a bad header.
func productsFormat(lines *lineReader) (func() (ProductRow, error), error) {
	switch lines.skipSpace() {
	case '[':
		return (&objectArray{in: lines.in, line: lines.number + 1}).next, nil
	case '{':
		return (&objectLines{lines: lines}).next, nil
	}
	rows := productRows{rows: csvReader{lines: lines}}
	header, err := rows.rows.next()
	if err == io.EOF { //nolint:errorlint // as in yieldAll
		return rows.next, nil
	}
	if err != nil {
		return nil, err
	}
	rows.columns, err = newColumns(header.line, headerNames(header.fields), productColumns, skuColumn)
	return rows.next, err
}

// productRows reads products from CSV.
type productRows struct {
	rows    csvReader
	columns columns
	index   int
}

func (r *productRows) next() (ProductRow, error) {
	row, err := r.rows.next()
	r.index++
	if err != nil {
		return ProductRow{}, err
	}
	if err := r.columns.fit(row); err != nil {
		return ProductRow{}, err
	}
	product := ProductRow{Line: row.line, Index: r.index}
	for i, name := range r.columns.names {
		if reason := product.set(name, row.fields[i]); reason != "" {
			return ProductRow{}, &LineError{Line: row.line, Column: name, Reason: reason}
		}
	}
	return product.checked()
}

// checked returns the product unless it lacks what every product must have.
func (p ProductRow) checked() (ProductRow, error) {
	if p.SKU == "" {
		return ProductRow{}, &LineError{Line: p.Line, Column: skuColumn, Reason: "is missing"}
	}
	return p, nil
}
