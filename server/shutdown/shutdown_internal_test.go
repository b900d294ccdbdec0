package shutdown

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCloseRunsInReverse(t *testing.T) {
	var mu sync.Mutex
	var order []string
	note := func(name string, err error) func(context.Context) error {
		return func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return err
		}
	}
	broken := errors.New("broken")
	meet := make(chan struct{})
	var a Steps
	a.OnClose("first", note("first", broken))
	a.OnClose("second", note("second", nil))
	// These two only end together.
	a.OnClose("third", func(context.Context) error { meet <- struct{}{}; return nil })
	a.OnCloseTogether("beside it", func(context.Context) error { <-meet; return note("third", nil)(t.Context()) })
	a.OnClose("last", note("last", nil))

	err := a.Close(time.Minute)
	if !errors.Is(err, broken) || err.Error() != "close first: broken" {
		t.Errorf("Close: %v", err)
	}
	if got := strings.Join(order, " "); got != "last third second first" {
		t.Errorf("closed in the order %s", got)
	}
	if again := a.Close(time.Minute); again != err || len(order) != 4 {
		t.Errorf("Close again: %v, %d steps", again, len(order))
	}
}

func TestDoorTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		doors, cancelDoors := doorTime(ctx)
		defer cancelDoors()
		deadline, _ := doors.Deadline()
		if left := time.Until(deadline); left != 15*time.Second {
			t.Errorf("of 20 s the doors have %s, want 15 s", left)
		}
	})
}
