package importfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
)

// collect reads everything an iterator yields; the errors as texts.
func collect[T any](all iter.Seq2[T, error]) (values []T, problems []string) {
	for value, err := range all {
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		values = append(values, value)
	}
	return values, problems
}

func TestUnits(t *testing.T) {
	long := strings.Repeat("a", catalog.MaxContentSize)
	type units = []importfile.Unit
	cases := []struct {
		name     string
		file     string
		want     units
		problems []string
	}{
		{name: "nothing", file: ""},
		{name: "only blank lines", file: "\n \r\n\t\n"},
		{name: "one per line", file: "a|b\nc|d\n", want: units{{Line: 1, Content: "a|b"}, {Line: 2, Content: "c|d"}}},
		{name: "no last line end", file: "a\nb", want: units{{Line: 1, Content: "a"}, {Line: 2, Content: "b"}}},
		{
			name: "CRLF and a byte order mark", file: "\xef\xbb\xbfa\r\n\r\nb\r\n",
			want: units{{Line: 1, Content: "a"}, {Line: 3, Content: "b"}},
		},
		{name: "only a byte order mark", file: "\xef\xbb\xbf"},
		{name: "spaces, commas and quotes stay", file: " a,\"b \n", want: units{{Line: 1, Content: " a,\"b "}}},
		{
			name: "files put together", file: "\xef\xbb\xbfAAA\n\xef\xbb\xbfBBB\n",
			want: units{{Line: 1, Content: "AAA"}, {Line: 2, Content: "BBB"}},
		},
		{name: "lines of what cannot be seen", file: "\xc2\xa0\n\xe2\x80\x8b\na\n", want: units{{Line: 3, Content: "a"}}},
		{
			name: "a header that may be a code", file: "\nPIN\nA\npin\nstatus\nid\n",
			want: units{
				{Line: 3, Content: "A"}, {Line: 4, Content: "pin"}, {Line: 5, Content: "status"}, {Line: 6, Content: "id"},
			},
			problems: []string{
				"line 2 is taken for the name of the column, as the first line; a code that is this word goes on another",
			},
		},
		{name: "a code that may be a header", file: "pin\n\n", want: units{{Line: 1, Content: "pin"}}},
		{name: "codes in a column", file: "content\npin\n", want: units{{Line: 2, Content: "pin"}}},
		{
			name: "a header of words", file: "Voucher Code\nA\n", want: units{{Line: 2, Content: "A"}},
			problems: []string{"line 1 is the header of a table"},
		},
		{
			name: "a header in Turkish", file: "\xef\xbb\xbf\"E-PIN KODU\";TUTAR\nA;5\n",
			problems: []string{`line 1: column "content" is missing`},
		},
		{
			name: "a header of one word", file: "code\na\n", want: units{{Line: 2, Content: "a"}},
			problems: []string{"line 1 is the header of a table"},
		},
		{
			name: "semicolons", file: "content;use_date\r\nAAA;\r\n\"b;c\";\r\n",
			want: units{{Line: 2, Content: "AAA"}, {Line: 3, Content: "b;c"}},
		},
		{
			name: "semicolons that are announced", file: "sep=;\r\ncontent;use_date\r\nAAA;\r\n",
			want: units{{Line: 3, Content: "AAA"}},
		},
		{
			name: "expiries", file: "content,expires_at\na,2026-12-31\nb,2026-12-31T18:00:00+07:00\nc,\nd,soon\ne,0001-01-01\n",
			want: units{
				{Line: 2, Content: "a", ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
				{Line: 3, Content: "b", ExpiresAt: time.Date(2026, 12, 31, 11, 0, 0, 0, time.UTC)},
				{Line: 4, Content: "c"},
			},
			problems: []string{
				`line 5: column "expires_at" is not a day like 2026-12-31 or a time like 2026-12-31T18:00:00Z`,
				`line 6: column "expires_at" is not of the years 2000 to 9999`,
			},
		},
		{name: "tabs", file: "use_date\tcontent\n\ta,b\n", want: units{{Line: 2, Content: "a,b"}}},
		{name: "announced, but no header", file: "sep=;\nAAA;\n", problems: []string{`line 2: column "content" is missing`}},
		{
			name: "a header of other columns", file: "code;price\nAAA;5\n",
			problems: []string{`line 1: column "content" is missing`},
		},
		{
			name: "JSON", file: "[\"AAA\",\n\"BBB\"]\n",
			problems: []string{
				"the file is JSON: give one unit per line, as jq -r '.[]' writes a list of texts and jq -r '.[].content' one of " +
					"objects",
			},
		},
		{
			name: "JSON lines", file: "{\"content\": \"AAA\"}\n{\"content\": \"BBB\"}\n",
			problems: []string{
				"line 1 is JSON: give what one unit is on a line, as jq -r .NAME writes the values of NAME, " +
					"or CSV with a column content",
			},
		},
		{
			name: "JSON lines without a content", file: "{\"code\": \"AAA\"}\n{\"code\": \"BBB\"}\n",
			problems: []string{
				"line 1 is JSON: give what one unit is on a line, as jq -r .NAME writes the values of NAME, " +
					"or CSV with a column content",
			},
		},
		{
			name: "JSON between codes", file: "AAA\n {\"code\": \"BBB\"}\n[\"CCC\"]\n[123]\n{D}\n",
			want: units{{Line: 1, Content: "AAA"}, {Line: 4, Content: "[123]"}, {Line: 5, Content: "{D}"}},
			problems: []string{
				"line 2 is JSON: give what one unit is on a line, as jq -r .NAME writes the values of NAME, " +
					"or CSV with a column content",
				"line 3 is JSON: give what one unit is on a line, as jq -r .NAME writes the values of NAME, " +
					"or CSV with a column content",
			},
		},
		{
			name: "goods that are JSON", file: "content\n\"{\"\"code\"\": 1}\"\n",
			want: units{{Line: 2, Content: `{"code": 1}`}},
		},
		{
			name: "a PDF", file: "%PDF-1.4\n1 0 obj\nendobj\n",
			problems: []string{"the file is a PDF: give it as lines of text"},
		},
		{
			name: "an XLSX", file: "PK\x03\x04\x14\x00\x06\x00",
			problems: []string{"the file is an archive or a spreadsheet: give it as lines of text"},
		},
		{
			name: "a page", file: "<!DOCTYPE html>\n<html>\nAAA\n",
			problems: []string{"the file is HTML: give it as lines of text"},
		},
		{name: "other scripts", file: "ผู้ใช้|密码\n", want: units{{Line: 1, Content: "ผู้ใช้|密码"}}},
		{
			name: "bad lines do not stop the reading",
			file: "a\nb\x00\nc\td\n\xff\xfe\ne\rf\n" + long + "a\n" + long + "\nz\n",
			want: units{{Line: 1, Content: "a"}, {Line: 7, Content: long}, {Line: 8, Content: "z"}},
			problems: []string{
				"line 2 contains a control character", "line 3 contains a control character",
				"line 4 is not valid UTF-8", "line 5 contains a line break", "line 6 is longer than 8192 bytes",
			},
		},
		{
			name: "a very long line", file: "a\n" + strings.Repeat("x", 200_000) + "\nb\n",
			want:     units{{Line: 1, Content: "a"}, {Line: 3, Content: "b"}},
			problems: []string{"line 2 is longer than 8192 bytes"},
		},
		{name: "UTF-16", file: "\xff\xfea\x00\n\x00b\x00", problems: []string{"the file is in UTF-16: save it as UTF-8"}},

		{name: "a header alone", file: "content\n"},
		{name: "content", file: "content\na|b\nc\n", want: units{{Line: 2, Content: "a|b"}, {Line: 3, Content: "c"}}},
		{
			name: "content and day",
			file: "\n\"Content\", USE_DATE \r\nabc,2026-12-31\r\n\"a,\"\"b\"\"\",\r\nd, 2024-02-29 \r\n",
			want: units{
				{Line: 3, Content: "abc", UseDate: "2026-12-31"},
				{Line: 4, Content: `a,"b"`},
				{Line: 5, Content: "d", UseDate: "2024-02-29"},
			},
		},
		{
			name: "day first", file: "use_date,content\n2026-12-31,abc\n",
			want: units{{Line: 2, Content: "abc", UseDate: "2026-12-31"}},
		},
		{name: "empty rows of a spreadsheet", file: "content,use_date\na,\n,\n , \n", want: units{{Line: 2, Content: "a"}}},
		{
			name: "bad rows do not stop the reading",
			file: "content,use_date\na\nb,2026-02-30\nc,,\n,2026-12-31\n\"d,\ne\"f,\n\"g\"h,\n\x01,\n" + long + "a,\n\"" +
				strings.Repeat(`""`, 8192) + "\",\nz,\n",
			want: units{{Line: 11, Content: strings.Repeat(`"`, 8192)}, {Line: 12, Content: "z"}},
			problems: []string{
				"line 2 has 1 field, the header has 2",
				`line 3: column "use_date" is not a day like 2026-12-31`,
				"line 4 has 3 fields, the header has 2",
				`line 5: column "content" is empty`,
				"line 6 has text between a closing quote and the next comma",
				`line 7 has a quote inside a field: put the field in quotes and double the quote`,
				"line 8 has text between a closing quote and the next comma",
				`line 9: column "content" contains a control character`,
				`line 10: column "content" is longer than 8192 bytes`,
			},
		},
		{
			name: "a quote that is never closed spoils one line", file: "content\n\"a\nb\nc\n",
			want:     units{{Line: 3, Content: "b"}, {Line: 4, Content: "c"}},
			problems: []string{"line 2 has a quote that is not closed"},
		},
		{
			name: "a content over several lines is one bad row, not several units", file: "content\n\"a\nb\nc\"\nd\n",
			want:     units{{Line: 5, Content: "d"}},
			problems: []string{`line 2: column "content" contains a line break`},
		},
		{
			name: "a quote far from its end", file: "content\n\"a\n" + strings.Repeat("b\n", 20_000) + "c\"\n",
			want: slices.Collect(lines("b", 3, 20_000)),
			problems: []string{
				"line 2 has a quote that is not closed",
				"line 20003 has a quote inside a field: put the field in quotes and double the quote",
			},
		},
		{
			name: "an unknown column", file: "content,colour\na,b\n",
			problems: []string{`line 1: column "colour" is unknown: the columns are content, use_date, expires_at`},
		},
		{
			name: "a column twice", file: "content,Content\na,b\n",
			problems: []string{`line 1: column "content" is given twice`},
		},
		{name: "no content", file: "\nuse_date\n2026-12-31\n", problems: []string{`line 2: column "content" is missing`}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			for reader, file := range map[string]io.Reader{
				"at once": strings.NewReader(tc.file), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.file)),
				"with EOF": iotest.DataErrReader(strings.NewReader(tc.file)),
			} {
				got, problems := collect(importfile.Units(file))
				if !slices.Equal(got, tc.want) {
					t.Errorf("%s: got %.300v, want %.300v", reader, got, tc.want)
				}
				if !slices.Equal(problems, tc.problems) {
					t.Errorf("%s: problems\n%s\nwant\n%s", reader, strings.Join(problems, "\n"), strings.Join(tc.problems, "\n"))
				}
			}
		})
	}
}

// lines yields the same content on count lines in a row.
func lines(content string, first, count int) iter.Seq[importfile.Unit] {
	return func(yield func(importfile.Unit) bool) {
		for i := range count {
			if !yield(importfile.Unit{Line: first + i, Content: content}) {
				return
			}
		}
	}
}

func TestUnitsErrorsAreTyped(t *testing.T) {
	for _, err := range importfile.Units(strings.NewReader("content\n\x00secret\n")) {
		var lineError *importfile.LineError
		if !errors.As(err, &lineError) ||
			*lineError != (importfile.LineError{Line: 2, Column: "content", Reason: "contains a control character"}) {
			t.Errorf("got %#v", err)
		}
	}
}

var errBroken = errors.New("broken disk")

// endless repeats one byte.
type endless byte

func (b endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = byte(b)
	}
	return len(into), nil
}

// Of a file without a header every line that is not blank is one result, with
// its number and its exact text, or refused for a reason that the line gives.
func FuzzUnitLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n\"c,d\n\x00\xff"))
	f.Add([]byte("\xef\xbb\xbfa\r\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		// A first line that is surely no header, so that all are read as they are.
		file = append([]byte("first\n"), file...)
		results := collectByLine(t, importfile.Units(bytes.NewReader(file)), bytes.Count(file, []byte("\n"))+1)
		for i, text := range bytes.Split(file, []byte("\n")) {
			if last := i == bytes.Count(file, []byte("\n")); !last {
				text = bytes.TrimSuffix(text, []byte("\r"))
			}
			result, found := results[i+1]
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
			if blank := catalog.IsBlank(string(text)); blank == found {
				t.Fatalf("line %d %q: a result: %t", i+1, text, found)
			}
			if !found {
				continue
			}
			_, err := catalog.ParseContent(string(text))
			if good := err == nil && len(text) <= catalog.MaxContentSize; good != (result.err == nil) ||
				good && result.unit.Content != string(text) {
				t.Fatalf("line %d %q: %v, %v", i+1, text, result.unit, result.err)
			}
		}
	})
}

type unitResult struct {
	unit importfile.Unit
	err  *importfile.LineError
}

// collectByLine checks what holds for every file of units: at most one result per
// line, in order, in the file, and contents as Unit promises them.
func collectByLine(t *testing.T, units iter.Seq2[importfile.Unit, error], lineCount int) map[int]unitResult {
	t.Helper()
	results, previous := map[int]unitResult{}, 0
	for unit, err := range units {
		result := unitResult{unit: unit}
		number := unit.Line
		if err != nil {
			if !errors.As(err, &result.err) || unit != (importfile.Unit{}) {
				t.Fatalf("%v together with %v", unit, err)
			}
			number = result.err.Line
		}
		if number <= previous || number > lineCount {
			t.Fatalf("line %d after line %d of %d", number, previous, lineCount)
		}
		previous = number
		results[number] = result
		if _, bad := catalog.ParseContent(unit.Content); err == nil && bad != nil {
			t.Fatalf("line %d gives %q", number, unit.Content)
		}
	}
	return results
}

// Of a file with a header the promises hold too, and where encoding/csv can read
// the whole file, it reads the same.
func FuzzUnitRows(f *testing.F) {
	f.Add([]byte("a,2026-12-31\nb,\n\"c,\"\"d\",\n"))
	f.Add([]byte("\"a\nb\",\n\"c\n\"d,\ne,2026-13-01\n\"\",\n"))
	f.Add([]byte("\"a\n\"b\n\"\"\n\"\"\"\n"))
	f.Fuzz(func(t *testing.T, rows []byte) {
		file := append([]byte("content,use_date\n"), rows...)
		results := collectByLine(t, importfile.Units(bytes.NewReader(file)), bytes.Count(file, []byte("\n"))+1)

		reader := csv.NewReader(bytes.NewReader(file))
		reader.FieldsPerRecord = -1
		for {
			fields, err := reader.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				return // from here on the two differ, on purpose
			}
			number, _ := reader.FieldPos(0)
			result, found := results[number]
			if number > 1 && found && result.err == nil && (len(fields) != 2 || fields[0] != result.unit.Content) {
				t.Fatalf("line %d: %q, encoding/csv has %q", number, result.unit.Content, fields)
			}
			if blank := strings.TrimSpace(strings.Join(fields, "")) == ""; number > 1 && !blank && !found &&
				len(rows) < catalog.MaxContentSize {
				t.Fatalf("line %d: nothing, encoding/csv has %q", number, fields)
			}
		}
	})
}

func BenchmarkUnits(b *testing.B) {
	var file bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&file, "user%05d@example.com|Passw0rd|ABCDEFGH1\n", i)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		for _, err := range importfile.Units(bytes.NewReader(file.Bytes())) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count != 100_000 {
			b.Fatal(count)
		}
	}
}
