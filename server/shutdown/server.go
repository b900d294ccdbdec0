package shutdown

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"
)

// GRPC lets calls end, and breaks off those that take too long.
func GRPC(ctx context.Context, server *grpc.Server) {
	ctx, cancel := doorTime(ctx)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		server.Stop()
		<-stopped
	}
}

// HTTP lets requests end, and breaks off those that take too long.
func HTTP(ctx context.Context, server *http.Server) error {
	ctx, cancel := doorTime(ctx)
	defer cancel()
	if err := server.Shutdown(ctx); err == nil || ctx.Err() == nil {
		return err
	}
	return server.Close()
}

// doorTime is the part of the time to shut down that requests at work have: the
// last quarter is for what comes behind the doors.
func doorTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
}
