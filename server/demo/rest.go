package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// restClient talks to the hub as a web client does.
type restClient struct {
	base string
	http *http.Client
}

func newRESTClient(base string) restClient {
	return restClient{base: base, http: &http.Client{Timeout: 30 * time.Second}}
}

// restError is an answer that is not a success.
type restError struct {
	Status string
	Body   string
}

func (e *restError) Error() string { return e.Status + " " + e.Body }

func (c restClient) get(ctx context.Context, key, path string, into proto.Message) (status string, err error) {
	return c.call(ctx, http.MethodGet, key, path, nil, into)
}

func (c restClient) post(ctx context.Context, key, path string, body, into proto.Message) (status string, err error) {
	return c.call(ctx, http.MethodPost, key, path, []byte(compactJSON(body)), into)
}

func (c restClient) patch(ctx context.Context, key, path string, body, into proto.Message) (status string, err error) {
	return c.call(ctx, http.MethodPatch, key, path, []byte(compactJSON(body)), into)
}

func (c restClient) call(
	ctx context.Context, method, key, path string, body []byte, into proto.Message,
) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("X-API-Key", key)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return "", &restError{Status: response.Status, Body: compacted(answer)}
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(answer, into); err != nil {
		return "", fmt.Errorf("%s %s: %w", method, path, err)
	}
	return response.Status, nil
}

// compacted is JSON without spaces; what is no JSON stays as it is.
func compacted(text []byte) string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return string(text)
	}
	return compact.String()
}
