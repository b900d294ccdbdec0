package recipient_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/recipient"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// Everything that says who receives what for whom makes another mark, wherever one text ends and the next begins.
func TestMarks(t *testing.T) {
	fields := func(pairs ...string) recipient.Who {
		w := recipient.Who{Fields: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			w.Fields[pairs[i]] = pairs[i+1]
		}
		return w
	}
	type one struct {
		merchant, product int64
		who               recipient.Who
	}
	all := []one{
		{1, 2, recipient.Who{UserID: "ab"}},
		{2, 1, recipient.Who{UserID: "ab"}},
		{2, 2, recipient.Who{UserID: "ab"}},
		{1, 2, recipient.Who{UserID: "AB"}},
		{1, 2, recipient.Who{UserID: "a", ServerID: "b"}},
		{1, 2, recipient.Who{ServerID: "ab"}},
		{1, 2, recipient.Who{CharacterID: "ab"}},
		{1, 2, fields("a", "b")},
		{1, 2, fields("a", "bc")},
		{1, 2, fields("ab", "c")},
		{1, 2, fields("a", "b", "c", "d")},
	}
	seen := make(map[recipient.Mark]int)
	for i := range all {
		mark := recipient.MarkOf(all[i].merchant, all[i].product, &all[i].who)
		require.NotContains(t, seen, mark, "%d and %d", i, seen[mark])
		seen[mark] = i
	}
	a, b := fields("x", "1", "y", "2"), fields("y", "2", "x", "1")
	require.Equal(t, recipient.MarkOf(1, 2, &a), recipient.MarkOf(1, 2, &b))
}

func TestStanding(t *testing.T) {
	var none *recipient.Check
	require.Equal(t, recipient.Unchecked, none.StandingAt(noon, time.Hour))
	for _, tt := range []struct {
		name  string
		found bool
		age   time.Duration
		want  recipient.Standing
	}{
		{"just now", true, 0, recipient.Confirmed},
		{"as old as may be", true, time.Hour, recipient.Confirmed},
		{"too old", true, time.Hour + time.Microsecond, recipient.Unchecked},
		{"nobody", false, time.Minute, recipient.Denied},
		{"nobody, long ago", false, 2 * time.Hour, recipient.Unchecked},
		{"by a clock that is ahead", true, -time.Second, recipient.Confirmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &recipient.Check{Found: tt.found, At: noon.Add(-tt.age)}
			require.Equal(t, tt.want, c.StandingAt(noon, time.Hour))
		})
	}
}

// provider answers as it is told to, and counts.
type provider struct {
	answer recipient.Answer
	fails  error
	wait   time.Duration
	asked  int
	kept   []recipient.Kept
	unkept error
}

func (p *provider) AskRecipient(ctx context.Context, _ *catalog.Product, _ *recipient.Who) (recipient.Answer, error) {
	p.asked++
	if p.wait > 0 {
		select {
		case <-time.After(p.wait):
		case <-ctx.Done():
			return recipient.Answer{Result: recipient.Unknown, Cause: recipient.Unavailable}, nil
		}
	}
	return p.answer, p.fails
}

func (p *provider) Keep(_ context.Context, k recipient.Kept) error {
	if p.unkept == nil {
		p.kept = append(p.kept, k)
	}
	return p.unkept
}

func (p *provider) service() *recipient.Service {
	return recipient.NewService(recipient.Options{Store: p, Asker: p, Now: time.Now})
}

var (
	gold = &catalog.Product{ID: 5, Version: 1, RecipientCheckWithin: time.Hour}
	ann  = recipient.Who{UserID: "player-1"}
	yes  = recipient.Answer{Result: recipient.Exists, Name: "Ann"}
	no   = recipient.Answer{Result: recipient.NotFound}
	dark = recipient.Answer{Result: recipient.Unknown, Cause: recipient.Unavailable}
)

// An answer is given again for a minute, to the merchant who has it; then the provider is asked again.
func TestAnswersAreKeptBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{answer: yes}
		s := p.service()
		began := time.Now()
		check := func(merchant int64, product *catalog.Product, asked int) recipient.Checked {
			t.Helper()
			c, err := s.Check(t.Context(), merchant, product, ann)
			require.NoError(t, err)
			require.Equal(t, asked, p.asked)
			return c
		}
		first := check(1, gold, 1)
		require.Equal(t, recipient.Checked{Answer: yes, At: began, Until: began.Add(time.Hour)}, first)
		time.Sleep(time.Minute - 1)
		require.Equal(t, first, check(1, gold, 1), "as it was")
		check(2, gold, 2)
		changed := *gold
		changed.Version++
		check(1, &changed, 3)
		time.Sleep(time.Nanosecond)
		require.Equal(t, began.Add(time.Minute), check(1, gold, 4).At)
		require.Len(t, p.kept, 4)
		require.Equal(t, recipient.MarkOf(1, 5, &ann), p.kept[0].Mark)
		require.NotEqual(t, p.kept[0].Mark, p.kept[1].Mark, "each merchant's is its own")
	})
}

// A name is in memory for no longer than its answer is given again, or until it is to be forgotten, however often
// somebody asks for it.
func TestAnswersAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{answer: yes}
		s := p.service()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			s.Run(ctx)
			close(ended)
		}()
		check := func(user string, asked int) {
			_, err := s.Check(t.Context(), 1, gold, recipient.Who{UserID: user})
			require.NoError(t, err)
			require.Equal(t, asked, p.asked)
		}
		check("first", 1)
		time.Sleep(30 * time.Second)
		check("second", 2)
		check("first", 2)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, s.Remembers(), "the second")
		s.Forget(recipient.MarkOf(1, gold.ID, &recipient.Who{UserID: "first"}))
		check("second", 2)
		s.Forget(recipient.MarkOf(1, gold.ID, &recipient.Who{UserID: "second"}))
		require.Zero(t, s.Remembers())
		check("second", 3)
		cancel()
		<-ended
	})
}

// An answer is never given again until it is about to count no more.
func TestShortChecksAreAskedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{answer: yes}
		s := p.service()
		brief := &catalog.Product{ID: 5, RecipientCheckWithin: time.Minute}
		for range 2 {
			_, err := s.Check(t.Context(), 1, brief, ann)
			require.NoError(t, err)
			time.Sleep(30 * time.Second)
		}
		require.Equal(t, 2, p.asked)
	})
}

// What cannot be told is neither kept nor given again, and neither is what could not be kept.
func TestWhatIsNotKept(t *testing.T) {
	p := &provider{answer: dark}
	s := p.service()
	for range 2 {
		c, err := s.Check(t.Context(), 1, gold, ann)
		require.NoError(t, err)
		require.Equal(t, dark, c.Answer)
		require.Zero(t, c.Until)
	}
	require.Equal(t, 2, p.asked)
	require.Empty(t, p.kept)
	p.fails = errs.ErrUnavailable
	_, err := s.Check(t.Context(), 1, gold, ann)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	p.answer, p.fails, p.unkept = yes, nil, errors.New("disk full")
	_, err = s.Check(t.Context(), 1, gold, ann)
	require.ErrorIs(t, err, p.unkept)
	p.unkept = nil
	_, err = s.Check(t.Context(), 1, gold, ann)
	require.NoError(t, err)
	require.Equal(t, 5, p.asked, "nothing of it was remembered")
	require.Len(t, p.kept, 1)
}

// Nothing is written for a product that wants no check, nor for nobody.
func TestWhatNeedsNoCheckIsNotWritten(t *testing.T) {
	p := &provider{answer: no}
	s := p.service()
	c, err := s.Check(t.Context(), 1, &catalog.Product{ID: 6}, ann)
	require.NoError(t, err)
	require.Equal(t, no, c.Answer)
	require.Zero(t, c.Until)
	_, err = s.Check(t.Context(), 0, gold, ann)
	require.NoError(t, err)
	require.Empty(t, p.kept)
	var bad *errs.InvalidError
	_, err = s.Check(t.Context(), 1, gold, recipient.Who{})
	require.ErrorAs(t, err, &bad)
	require.Equal(t, 2, p.asked)
}

// Who asks for the same at the same time shares one question, which goes on when the first one goes away; nobody waits
// longer than a check may take.
func TestConcurrentChecksAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{answer: yes, wait: time.Second}
		s := p.service()
		leaving, leave := context.WithCancel(t.Context())
		results := make(chan recipient.Checked, 10)
		ask := func(ctx context.Context) {
			c, err := s.Check(ctx, 1, gold, ann)
			if err == nil {
				results <- c
			}
		}
		go ask(leaving)
		synctest.Wait()
		for range 9 {
			go ask(t.Context())
		}
		synctest.Wait()
		leave()
		for range 10 {
			require.Equal(t, yes, (<-results).Answer)
		}
		require.Equal(t, 1, p.asked)
		require.Len(t, p.kept, 1)

		p.wait = time.Hour
		began := time.Now()
		c, err := s.Check(t.Context(), 2, gold, ann)
		require.NoError(t, err)
		require.Equal(t, recipient.Unknown, c.Result)
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}
