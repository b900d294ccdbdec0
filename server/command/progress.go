package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far an import is, and nothing elsewhere. It
// counts what is imported; how much there is in all is guessed from how much of
// the file that took, because nobody has counted its lines.
type progress struct {
	bar       *progressbar.ProgressBar
	input     *countingReader
	size      int64 // of the file in bytes; -1 for a pipe
	one, many string
}

// newProgress counts things that are called one and many.
func newProgress(std *Streams, file io.Reader, one, many string) *progress {
	p := &progress{input: &countingReader{Reader: file}, size: -1, one: one, many: many}
	if regular, ok := file.(*os.File); ok {
		if info, err := regular.Stat(); err == nil && info.Mode().IsRegular() {
			p.size = info.Size()
		}
	}
	const refresh = 100 * time.Millisecond
	p.bar = progressbar.NewOptions64(
		p.size, progressbar.OptionSetWriter(std.Err), progressbar.OptionSetVisibility(isTerminal(std.Err)),
		progressbar.OptionThrottle(refresh), progressbar.OptionSetPredictTime(p.size > 0),
		progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(false),
	)
	return p
}

// Read reads the file and knows how much of it.
func (p *progress) Read(into []byte) (int, error) { return p.input.Read(into) }

// show says that so many are done.
func (p *progress) show(done int) {
	p.bar.Describe(p.text(done))
	_ = p.bar.Set64(p.input.bytes) // it is only shown
}

func (p *progress) text(done int) string {
	text := count(done, p.one, p.many)
	if p.size > p.input.bytes && p.input.bytes > 0 {
		text = fmt.Sprintf("%s of about %s", grouped(done), count(p.about(done), p.one, p.many))
	}
	return text
}

// about is how many there may be in all, to two digits.
func (p *progress) about(done int) int {
	all := int(float64(done) * float64(p.size) / float64(p.input.bytes))
	digit := 1
	for all/digit >= 100 {
		digit *= 10
	}
	return max(all/digit*digit, done)
}

// end takes the bar away.
func (p *progress) end() { _ = p.bar.Finish() }
