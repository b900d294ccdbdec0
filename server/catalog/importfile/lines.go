package importfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"orderhub/server/catalog"
)

// line is one line of a file, without its ending.
type line struct {
	number  int // from 1
	text    string
	tooLong bool // then text is empty
}

func (l line) blank() bool { return !l.tooLong && catalog.IsBlank(l.text) }

// lineReader reads lines that end in LF or CRLF, holding no more than limit bytes
// of each. Lines can be given back to be read again.
type lineReader struct {
	in       *bufio.Reader
	limit    int
	number   int
	returned []line // to be read again, next one first
	failure  error  // io.EOF or why reading stopped; the same for every further call
	buffer   []byte
}

const (
	inputBuffer   = 64 << 10
	byteOrderMark = "\xef\xbb\xbf"
)

var errUTF16 = errors.New("the file is in UTF-16: save it as UTF-8")

// newLineReader skips a byte order mark.
func newLineReader(r io.Reader, limit int) *lineReader {
	in := bufio.NewReaderSize(r, inputBuffer)
	reader := &lineReader{in: in, limit: limit}
	mark, err := in.Peek(3)
	switch mark := string(mark); {
	case err != nil && err != io.EOF:
		reader.failure = fmt.Errorf("read line 1: %w", err)
	case mark == byteOrderMark:
		_, _ = in.Discard(len(mark))
	case strings.HasPrefix(mark, "\xff\xfe"), strings.HasPrefix(mark, "\xfe\xff"):
		reader.failure = errUTF16
	}
	return reader
}

// next returns the next line, blank ones included. The error is io.EOF at the end,
// otherwise why the file cannot be read on.
func (r *lineReader) next() (line, error) {
	if len(r.returned) > 0 {
		next := r.returned[0]
		r.returned = r.returned[1:]
		return next, nil
	}
	if r.failure != nil {
		return line{}, r.failure
	}
	next, err := r.read()
	if err != nil {
		r.failure = err
		return line{}, err
	}
	return next, nil
}

// nextVisible returns the next line that is not blank.
func (r *lineReader) nextVisible() (line, error) {
	for {
		next, err := r.next()
		if err != nil || !next.blank() {
			return next, err
		}
	}
}

// giveBack makes next return these lines again, before any other.
func (r *lineReader) giveBack(lines ...line) {
	r.returned = append(lines[:len(lines):len(lines)], r.returned...)
}

func (r *lineReader) read() (line, error) {
	r.buffer = r.buffer[:0]
	size := 0
	for {
		part, err := r.in.ReadSlice('\n')
		size += len(part)
		if len(r.buffer) <= r.limit+len("\r\n") {
			r.buffer = append(r.buffer, part...)
		}
		if err == nil || err == io.EOF && size > 0 {
			break
		}
		// Compared as it is: an error that wraps io.EOF is a failure, not the end.
		if err == io.EOF {
			return line{}, io.EOF
		}
		if err != bufio.ErrBufferFull { //nolint:errorlint // comes unwrapped; a reader's own may not count
			return line{}, fmt.Errorf("read line %d: %w", r.number+1, err)
		}
	}
	r.number++
	// A file begins in the middle of another where two were put together.
	text := bytes.TrimPrefix(r.buffer, []byte(byteOrderMark))
	if ending := len(text) - 1; ending >= 0 && text[ending] == '\n' {
		text = text[:ending]
		if ending > 0 && text[ending-1] == '\r' {
			text = text[:ending-1]
		}
	}
	if len(text) > r.limit {
		return line{number: r.number, tooLong: true}, nil
	}
	return line{number: r.number, text: string(text)}, nil
}

// skipSpace reads past white space and returns the byte after it, still to be
// read, or 0 at the end. It must come before the first call of next.
func (r *lineReader) skipSpace() byte {
	for r.failure == nil {
		ahead, err := r.in.Peek(1)
		if err == io.EOF {
			return 0
		}
		if err != nil {
			r.failure = fmt.Errorf("read line %d: %w", r.number+1, err)
			return 0
		}
		switch ahead[0] {
		case '\n':
			r.number++
		case ' ', '\t', '\r':
		default:
			return ahead[0]
		}
		_, _ = r.in.Discard(1)
	}
	return 0
}

// sniffed is how much of a file tells what it is.
const sniffed = 3072

// textOnly refuses a file that is something else than lines of text, by its first
// bytes: what a spreadsheet saves, an archive, a page of the web.
func textOnly(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(&sticky{Reader: r}, inputBuffer)
	head, _ := in.Peek(sniffed) // what is wrong with it is met again
	for kind := mimetype.Detect(head); kind != nil; kind = kind.Parent() {
		name, _, _ := strings.Cut(kind.String(), ";")
		if name == "application/json" {
			return nil, errors.New(
				"the file is JSON: give one unit per line, as jq -r '.[]' writes a list of texts and jq -r '.[].content' one of " +
					"objects",
			)
		}
		if what, other := notLines[name]; other {
			return nil, fmt.Errorf("the file is %s: give it as lines of text", what)
		}
	}
	return in, nil
}

// notLines are formats that an operator may take for a list. What else is no text
// shows in its lines.
var notLines = map[string]string{
	"application/zip": "an archive or a spreadsheet", "application/x-ole-storage": "a spreadsheet or document",
	"application/gzip": "compressed", "application/x-7z-compressed": "an archive",
	"application/x-rar-compressed": "an archive", "application/pdf": "a PDF",
	"application/vnd.sqlite3": "a database", "image/png": "an image", "image/jpeg": "an image", "image/gif": "an image",
	"text/html": "HTML", "text/xml": "XML", "text/rtf": "a document",
}

// sticky goes on failing as its reader once failed.
type sticky struct {
	io.Reader

	err error
}

func (s *sticky) Read(into []byte) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	n, s.err = s.Reader.Read(into)
	return n, s.err
}
