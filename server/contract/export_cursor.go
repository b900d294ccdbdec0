package contract

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
)

// ErrNoExport is of a file that is not empty and not what an export wrote.
var ErrNoExport = errors.New("the file is there, and is no export that could be gone on with")

// A first line that is not whole yet is taken for that of an export only where it cannot be much else.
var (
	begunHeading = regexp.MustCompile(`^[a-z_]+(,[a-z_]*)*$`)
	begunObject  = regexp.MustCompile(`^\{("[a-z_]|"?$)`)
)

// LastCursorCSV reads what [ExportedCSV] wrote row by row: its length up to the last whole row, and that row's cursor.
// What has not even its whole heading has neither. [ErrNoExport].
func LastCursorCSV(file io.Reader) (whole int64, after string, err error) {
	text := bufio.NewReader(file)
	var row []byte // as far as it is read: a cell may have line breaks
	for heading := true; ; {
		line, err := text.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if heading && len(line) > 0 && !begunHeading.Match(line) {
				return 0, "", ErrNoExport
			}
			return whole, after, nil // what is left is no whole row
		}
		if err != nil {
			return 0, "", err
		}
		if row = append(row, line...); bytes.Count(row, []byte{'"'})%2 > 0 && !heading {
			continue
		}
		cells, err := csv.NewReader(bytes.NewReader(row)).Read()
		if err != nil || heading && cells[len(cells)-1] != cursorColumn {
			return 0, "", ErrNoExport
		}
		if !heading {
			after = cells[len(cells)-1]
		}
		whole, row, heading = whole+int64(len(row)), row[:0], false
	}
}

// LastCursorLines reads what [ExportedLines] wrote as [LastCursorCSV] does. [ErrNoExport].
func LastCursorLines(file io.Reader) (whole int64, after string, err error) {
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if whole == 0 && len(line) > 0 && !begunObject.Match(line) {
				return 0, "", ErrNoExport
			}
			return whole, after, nil // what is left is no whole row
		}
		if err != nil {
			return 0, "", err
		}
		var row struct{ Cursor string }
		if json.Unmarshal(bytes.TrimSpace(line), &row) != nil || row.Cursor == "" {
			return 0, "", ErrNoExport
		}
		whole, after = whole+int64(len(line)), row.Cursor
	}
}
