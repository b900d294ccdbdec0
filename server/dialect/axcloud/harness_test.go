package axcloud_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/axcloud"
	"orderhub/server/door/doortest"
)

const (
	ordersPath   = "/v1/channel/orders/day-ticket"
	productsPath = "/v1/channel/products/day-ticket"

	dayProduct = "c0a8f1de-0000-4000-8000-000000000501"
	dayMapping = "af01c7c4-1637-46fb-b289-a090a9be0397"
	dayOption  = "d96b2ed4-12c5-4fb5-ae94-4f39b11ee980"
	fewProduct = "c0a8f1de-0000-4000-8000-000000000502"
	fewMapping = "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b02"
	fewOption  = "5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c02"
	noProduct  = "c0a8f1de-0000-4000-8000-000000000503"
	noMapping  = "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b03"
	noOption   = "5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c03"

	unknownCode = "00000000-0000-4000-8000-000000000000"
	uuidPattern = `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`
)

// channel is a client of one channel.
type channel struct {
	t      *testing.T
	base   string
	header http.Header
}

// reply is an answer of the door.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

func newChannel(t *testing.T, h *doortest.Server, config axcloud.Config) *channel {
	server := h.Serve(axcloud.New(h.Doors, config))
	return (&channel{t: t, base: server.URL}).as("api_key_secret", "code_secret")
}

// as is the same client with other credentials.
func (c *channel) as(key, code string) *channel {
	return c.with("Authorization", "Token "+key, "Channel", "Code "+code)
}

// with is the same client with these headers only; an empty value is left out.
func (c *channel) with(pairs ...string) *channel {
	header := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			header.Del(pairs[i])
		}
	}
	return &channel{t: c.t, base: c.base, header: header}
}

func (c *channel) in(t *testing.T) *channel { return &channel{t: t, base: c.base, header: c.header} }

func (c *channel) send(method, path, body string) reply {
	c.t.Helper()
	r, err := c.try(method, path, body)
	require.NoError(c.t, err)
	return r
}

// try is send for other goroutines than the test's.
func (c *channel) try(method, path, body string) (reply, error) {
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header = c.header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return reply{t: c.t, status: response.StatusCode, header: response.Header, text: string(text)}, err
}

func (c *channel) get(path string) reply { c.t.Helper(); return c.send(http.MethodGet, path, "") }
func (c *channel) patch(path, body string) reply {
	c.t.Helper()
	return c.send(http.MethodPatch, path, body)
}

func (c *channel) create(body string) reply {
	c.t.Helper()
	return c.send(http.MethodPost, ordersPath, body)
}

func (c *channel) post(path, body string) reply {
	c.t.Helper()
	return c.send(http.MethodPost, path, body)
}
func (c *channel) order(code string) reply { c.t.Helper(); return c.get(ordersPath + "/" + code) }
func (c *channel) status(code string) string {
	c.t.Helper()
	return c.order(code).entry("ax_order_status")
}

func ticketPath(order, ticket string) string { return ordersPath + "/" + order + "/tickets/" + ticket }

// is checks status and body.
func (r reply) is(status int, body string) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.text)
	require.Equal(r.t, "application/json", r.header.Get("Content-Type"))
	require.JSONEq(r.t, body, r.text)
	return r
}

// like checks status and body against an example file.
func (r reply) like(status int, file string) reply {
	r.t.Helper()
	return r.is(status, read(r.t, file))
}

func (r reply) has(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.text)
	return r
}

func (r reply) into(v any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.text), v), r.text)
}

// entry is a text of the one entry in the data of endpoint 2.
func (r reply) entry(field string) string {
	r.t.Helper()
	r.has(http.StatusOK)
	var body struct {
		Data []map[string]string `json:"data"`
	}
	r.into(&body)
	require.Len(r.t, body.Data, 1)
	return body.Data[0][field]
}

// created is the answer to a create request in the seed's vocabulary.
type created struct {
	Data struct {
		ChannelOrderCode   string `json:"channel_order_code"`
		ChannelOrderStatus string `json:"channel_order_status"`
		DepthCombinations  []struct {
			AXOrderCode string `json:"ax_order_code"`
			Tickets     []struct {
				TicketCode string `json:"ticket_code"`
			} `json:"tickets"`
		} `json:"depth_combinations"`
	} `json:"data"`
}

// codes are the AX order's of the first line and its tickets'.
func (r reply) codes() (order string, tickets []string) {
	r.t.Helper()
	r.has(http.StatusCreated)
	var body created
	r.into(&body)
	line := body.Data.DepthCombinations[0]
	for _, ticket := range line.Tickets {
		tickets = append(tickets, ticket.TicketCode)
	}
	return line.AXOrderCode, tickets
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return string(text)
}

// exampleCodes are the codes in the examples, and what stands for them in the demo.
var exampleCodes = strings.NewReplacer(
	"5b1d6c0e-2f7a-4c39-9d54-8a0e3f61b7c2", dayMapping, "0e7f3a96-5c48-4d1b-8b2f-91d6e4a07c35", dayOption,
	"c2a49f17-70d8-4b86-a1e3-6f5d0b9c2e48", fewMapping, "7d52c8b1-e90f-4a63-b7d4-2c1f8e6a0953", fewOption,
)

// request is an example with the demo's codes and other replacements.
func request(t *testing.T, file string, replacements ...string) string {
	t.Helper()
	text := exampleCodes.Replace(read(t, file))
	for i := 0; i < len(replacements); i += 2 {
		require.Contains(t, text, replacements[i])
		text = strings.ReplaceAll(text, replacements[i], replacements[i+1])
	}
	return text
}

// simple orders one option for one person.
func simple(t *testing.T, code, mapping, option string, quantity, day string) string {
	t.Helper()
	return request(
		t, "create_order_request_required_only.json", "KT-20260418-000733", code, dayMapping, mapping, dayOption, option,
		`"quantity": 1`, `"quantity": `+quantity, "2026-05-09 00:00:00", day,
	)
}

// normalised has numbered names for what the hub makes up.
func normalised(t *testing.T, text string, made ...string) string {
	t.Helper()
	var replacements []string
	for i, code := range made {
		require.Regexp(t, uuidPattern, code)
		require.Equal(t, 1, strings.Count(text, code), "%s is not used once", code)
		replacements = append(replacements, code, "made "+string(rune('A'+i)))
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, []byte(text)))
	return compact.String()
}
