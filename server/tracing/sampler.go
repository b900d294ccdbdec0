package tracing

import (
	"errors"
	"os"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// newSampler is what OTEL_TRACES_SAMPLER says, and records batches too.
func newSampler() (sdktrace.Sampler, error) {
	name, isParentBased := strings.CutPrefix(os.Getenv("OTEL_TRACES_SAMPLER"), "parentbased_")
	var root sdktrace.Sampler
	switch name {
	case "":
		root, isParentBased = sdktrace.AlwaysSample(), true
	case "always_on":
		root = sdktrace.AlwaysSample()
	case "always_off":
		if root = sdktrace.NeverSample(); !isParentBased {
			return root, nil
		}
	case "traceidratio":
		share := 1.0
		if text := os.Getenv("OTEL_TRACES_SAMPLER_ARG"); text != "" {
			var err error
			if share, err = strconv.ParseFloat(text, 64); err != nil || share < 0 || share > 1 {
				return nil, errors.New("OTEL_TRACES_SAMPLER_ARG takes a number from 0 to 1")
			}
		}
		root = sdktrace.TraceIDRatioBased(share)
	default:
		return nil, errors.New(
			"OTEL_TRACES_SAMPLER takes always_on, always_off, traceidratio, and each of them with parentbased_ in front",
		)
	}
	if isParentBased {
		root = sdktrace.ParentBased(root)
	}
	return withBatches{root}, nil
}

// withBatches records a batch if any of the traces that it is linked with is
// recorded: without it they lead nowhere.
type withBatches struct{ sdktrace.Sampler }

// ShouldSample implements sdktrace.Sampler.
func (s withBatches) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	result := s.Sampler.ShouldSample(p)
	if trace.SpanContextFromContext(p.ParentContext).IsValid() {
		return result
	}
	for _, link := range p.Links {
		if link.SpanContext.IsSampled() {
			result.Decision = sdktrace.RecordAndSample
		}
	}
	return result
}
