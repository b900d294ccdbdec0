package contract

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// cursorColumn is the last one of a file that was exported.
const cursorColumn = "cursor"

// numberCell is what stays as it is in a sheet though it may begin with a minus.
var numberCell = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// WriteStream writes a file of which each message of a stream is a part. It ends with the stream, or fails with it.
func WriteStream[M any](w io.Writer, stream interface{ Recv() (M, error) }, part func(M) ([]byte, error)) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := part(message)
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
}

// StatementPart is a message of a statement as a part of its document.
func StatementPart(m *orderhubv1.GetStatementResponse) ([]byte, error) { return m.GetData(), nil }

// ExportedCSV is a message of an export as a part of a CSV file: its heading where the message has columns and no rows.
func ExportedCSV(m *orderhubv1.ExportResponse) ([]byte, error) {
	var out bytes.Buffer
	file := csv.NewWriter(&out)
	if len(m.GetRows()) == 0 && len(m.GetColumns()) > 0 {
		if err := file.Write(append(append([]string(nil), m.GetColumns()...), cursorColumn)); err != nil {
			return nil, err
		}
	}
	for _, row := range m.GetRows() {
		cells := make([]string, 0, len(row.GetCells())+1)
		for _, cell := range row.GetCells() {
			if !numberCell.MatchString(cell) {
				cell = Plain(cell)
			}
			cells = append(cells, cell)
		}
		if err := file.Write(append(cells, row.GetCursor())); err != nil {
			return nil, err
		}
	}
	file.Flush()
	return out.Bytes(), file.Error()
}

// ExportedLines is a message of an export as objects, one on a line.
func ExportedLines(m *orderhubv1.ExportResponse) ([]byte, error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for _, row := range m.GetRows() {
		object := make(map[string]string, len(row.GetCells())+1)
		for i, cell := range row.GetCells() {
			if i < len(m.GetColumns()) {
				object[m.GetColumns()[i]] = cell
			}
		}
		object[cursorColumn] = row.GetCursor()
		if err := lines.Encode(object); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
