package console

import (
	"errors"
	"time"
)

const (
	// mostPatience is how long nothing of a file may be taken.
	mostPatience = 45 * time.Second
	// slowest is how many bytes a second a file must be taken at in the long run.
	slowest = 4 << 10
)

// errTooSlow: whoever asked for a file takes less of it than it may.
var errTooSlow = errors.New("the file was not read fast enough")

// pace is how long the reader of a file may still keep the hub waiting. What is read adds to it.
type pace struct {
	now  func() time.Time
	left time.Duration
}

func newPace(now func() time.Time) *pace { return &pace{now, mostPatience} }

// write writes a part by a deadline. What it says then is errTooSlow, if there is no patience left.
func (p *pace) write(part []byte, deadline func(time.Time) error, write func([]byte) (int, error)) (n int, err error) {
	begun := p.now()
	_ = deadline(begun.Add(p.left)) // it fails only where there is no connection
	n, err = write(part)
	p.left += time.Duration(n)*time.Second/slowest - p.now().Sub(begun)
	if p.left = min(p.left, mostPatience); p.left <= 0 && err == nil {
		err = errTooSlow
	}
	return n, err
}
