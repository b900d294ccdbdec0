package job

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// A job that fails is a warning while it is tried again, and an error at the end.
func TestFailingJobsAreLogged(t *testing.T) {
	var log bytes.Buffer
	f := failures{slog.New(slog.NewTextHandler(&log, nil))}
	said := func(attempt int) string {
		t.Helper()
		log.Reset()
		row := &rivertype.JobRow{ID: 7, Kind: "fanout", Attempt: attempt, MaxAttempts: 3}
		require.Nil(t, f.HandleError(t.Context(), row, errWrong), "it is tried again as often as it may be")
		return log.String()
	}
	for _, attempt := range []int{1, 2} {
		require.Contains(t, said(attempt), `level=WARN msg="a job failed and is tried again" job=7 kind=fanout`)
	}
	require.Contains(t, said(3), `level=ERROR msg="a job failed for the last time" job=7 kind=fanout attempt=3`)
	require.Contains(t, said(3), errWrong.Error())
	log.Reset()
	require.Nil(t, f.HandlePanic(t.Context(), &rivertype.JobRow{}, "no", ""))
	require.Empty(t, log.String(), "River tells of it")
}

// What River tells of its daily work is not in the log, however it words it; troubles are.
func TestOnlyTroublesOfTheQueue(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(onlyTroubles{slog.NewTextHandler(&text, nil)}).With("queue", "default").WithGroup("producer")
	log.Info("job counts")
	require.Empty(t, text.String())
	log.Warn("cannot fetch", "tries", 2)
	require.Contains(t, text.String(), `level=WARN msg="cannot fetch" queue=default producer.tries=2`)
}
