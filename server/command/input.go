package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// utf8Text is what an editor saved, without the mark that some put in front.
// What is no UTF-8 is refused, so that nothing is kept that nobody can send.
func utf8Text(saved []byte) ([]byte, error) {
	text := bytes.TrimPrefix(saved, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")),
		bytes.IndexByte(text, 0) >= 0:
		return nil, errors.New("the text is UTF-16 or not text at all: save it as UTF-8")
	case !utf8.Valid(text):
		return nil, errors.New("the text is not UTF-8")
	}
	return text, nil
}

// openInput opens a file, or standard input for "-".
func openInput(name string, std *Streams) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(std.In), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", name)
	}
	if err != nil {
		_ = file.Close() // nothing was read
		return nil, err
	}
	return file, nil
}

// readInput reads what openInput opens, so many bytes at most.
func readInput(name string, std *Streams, most int64) ([]byte, error) {
	input, err := openInput(name, std)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	return io.ReadAll(io.LimitReader(input, most))
}

// countingReader knows how much was read through it.
type countingReader struct {
	io.Reader

	bytes int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.bytes += int64(n)
	return n, err
}
