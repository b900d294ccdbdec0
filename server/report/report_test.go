package report_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/report"
)

func TestWaits(t *testing.T) {
	var w report.Waits
	_, ok := w.Quantile(.5)
	require.False(t, ok)
	require.Empty(t, w.String())
	w[0], w[4] = 90, 10 // below 100 ms; from 1 s to 2.5 s
	for share, want := range map[float64]time.Duration{
		.45: 50 * time.Millisecond, .9: 100 * time.Millisecond, .95: 1750 * time.Millisecond, 1: 2500 * time.Millisecond,
	} {
		got, ok := w.Quantile(share)
		require.True(t, ok)
		require.Equal(t, want, got, share)
	}
	w[len(w)-1] = 1000
	few := report.Waits{99}
	_, ok = few.Told(.99)
	require.False(t, ok, "of 99 none is beyond")
	few[0]++
	told, ok := few.Told(.99)
	require.True(t, ok)
	require.Equal(t, 99*time.Millisecond, told)
	one := report.Waits{1}
	_, ok = one.Told(.5)
	require.False(t, ok)
	longest, _ := w.Quantile(.99)
	require.Equal(t, 24*time.Hour, longest)
	read, err := report.ParseWaits(w.String())
	require.NoError(t, err)
	require.Equal(t, w, read)
	for _, wrong := range []string{"x", "1,", w.String() + ",1"} {
		_, err := report.ParseWaits(wrong)
		require.Error(t, err, wrong)
	}
}

// memory keeps figures of a world in which an order is placed every minute of a day.
type memory struct {
	report.NeedsStore

	begins, ends time.Time
	span         report.Span
	kept         map[time.Time]report.OrderSlot
	due          map[time.Time]time.Time
	keptAgain    int
	counts       int
	crowded      bool // more was placed since than is counted for who asks
}

func (m *memory) Count(_ context.Context, from, to time.Time) (all report.Slots, err error) {
	m.counts++
	for at := from; at.Before(to); at = at.Add(report.Slot) {
		s := report.OrderSlot{At: at}
		for minute := at; minute.Before(at.Add(report.Slot)); minute = minute.Add(time.Minute) {
			if !minute.Before(m.begins) && minute.Before(m.ends) {
				s.Placed++
				s.Completed++
			}
		}
		if s.Placed > 0 {
			all.Orders = append(all.Orders, s)
		}
	}
	return all, nil
}

func (m *memory) Kept(_ context.Context, from, to time.Time) (all report.Slots, err error) {
	for at, s := range m.kept {
		if !at.Before(from) && at.Before(to) {
			all.Orders = append(all.Orders, s)
		}
	}
	return all, nil
}

func (m *memory) Counted(context.Context) (report.Span, error) { return m.span, nil }

func (m *memory) Keep(_ context.Context, k report.Keeping) error {
	for i := range k.Orders {
		s := k.Orders[i]
		if _, again := m.kept[s.At]; again {
			m.keptAgain++
		}
		m.kept[s.At] = s
		delete(m.due, s.At)
		if due := k.OrdersDue(&s); due != nil {
			m.due[s.At] = *due
		}
	}
	m.span = k.Span
	return nil
}

func (m *memory) Due(_ context.Context, now time.Time, _ int) (slots []time.Time, err error) {
	for at := m.begins; at.Before(m.ends); at = at.Add(report.Slot) {
		if due, ok := m.due[at]; ok && !due.After(now) {
			slots = append(slots, at)
		}
	}
	return slots, nil
}

func (m *memory) LastBefore(_ context.Context, at time.Time) (time.Time, error) {
	if last := m.ends.Add(-time.Minute); m.ends.After(m.begins) && last.Before(at) {
		return last, nil
	}
	if m.ends.Equal(m.begins) || at.Add(-time.Minute).Before(m.begins) {
		return time.Time{}, nil
	}
	return at.Add(-time.Minute), nil
}

func (m *memory) Placed(_ context.Context, since time.Time, most int) (int, error) {
	if m.crowded {
		return most, nil
	}
	return min(int(m.ends.Sub(since)/time.Minute), most), nil
}

func (*memory) Turn(context.Context, time.Time, time.Time) (bool, error) { return true, nil }

func TestCounterComesToCountEverything(t *testing.T) {
	day := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	m := &memory{
		begins: day, ends: day.Add(24 * time.Hour), kept: map[time.Time]report.OrderSlot{}, due: map[time.Time]time.Time{},
	}
	now := day.Add(12*time.Hour + 7*time.Minute)
	clock := func() time.Time {
		m.ends = now // later ones are yet to be placed
		return now
	}
	c := report.NewCounter(m, clock, slog.New(slog.DiscardHandler))
	require.NoError(t, c.Step(t.Context()))
	require.False(t, m.span.From.After(day))
	require.Equal(t, day.Add(12*time.Hour+5*time.Minute), m.span.To)
	require.Len(t, m.kept, 12*12+1)
	require.Zero(t, m.keptAgain)

	// What is kept and what is newer make the whole day, at any time of it.
	service := report.NewService(m, m, clock)
	for range 3 {
		o, err := service.Overview(t.Context(), day)
		require.NoError(t, err)
		require.Equal(t, now, o.AsOf)
		require.EqualValues(t, int(now.Sub(day)/time.Minute), o.Days[0].Total.Placed)
		require.Len(t, o.Days[0].Hours, int(now.Sub(day)/time.Hour)+1)
		for _, hour := range o.Days[0].Hours {
			require.True(t, hour.Counted, hour.From)
		}
		require.EqualValues(t, 60, o.Days[0].Hours[3].Placed)
		require.Zero(t, o.Days[1].Total.Placed)
		counts := m.counts
		_, err = service.Overview(t.Context(), day)
		require.NoError(t, err)
		require.Equal(t, counts, m.counts, "who asks at once does not count again")
		now = now.Add(3 * time.Minute)
	}

	// Where too much was placed since, what is kept has to do, and says of when it is.
	m.crowded = true
	o, err := report.NewService(m, m, clock).Overview(t.Context(), day)
	require.NoError(t, err)
	require.Equal(t, m.span.To, o.AsOf)
	require.EqualValues(t, m.span.To.Sub(day)/time.Minute, o.Days[0].Total.Placed)
	m.crowded = false

	// Older figures are counted again more seldom: after an hour those of the last one.
	now = day.Add(13*time.Hour + 8*time.Minute)
	require.NoError(t, c.Step(t.Context()))
	require.Equal(t, 11, m.keptAgain, "the slots that were up to 61 minutes old")
	_, err = service.Overview(t.Context(), day.Add(time.Minute))
	require.Error(t, err)
}

// A hub that is idle writes nothing, for an hour.
func TestCounterOfAnIdleHub(t *testing.T) {
	begins := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	m := &memory{begins: begins, ends: begins, kept: map[time.Time]report.OrderSlot{}, due: map[time.Time]time.Time{}}
	now := begins.Add(24 * time.Hour)
	c := report.NewCounter(m, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	for range 12 {
		require.NoError(t, c.Step(t.Context()))
		now = now.Add(report.Slot)
	}
	require.Zero(t, m.span)
}
