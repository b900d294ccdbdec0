package demo

import (
	"bytes"
	"context"
	_ "embed" // the channel's order
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// channelOrder is the order of the channel manager's own documentation.
//
//go:embed channel_order.json
var channelOrder string

// visit is one request at a partner's door, as that partner's clients send it.
type visit struct {
	method, path string
	headers      [][2]string // beside Content-Type
	body         string      // "" for none
}

// atGameSO and what follows show the doors of four partners with the requests of
// their own documentation; only the references are new.
func (t *tour) atGameSO(ctx context.Context) error {
	t.begin("GameSO's door: an order, and the order read back")
	key := [][2]string{{"X-API-Key", "your_api_key_here"}}
	_, err := t.show(ctx, visit{
		"POST", "/v1/orders", key,
		`{"reference_id":"` + t.reference() + `","user_id":"user_001","server_id":"server_th01","character_id":"char_123",` +
			`"items":[{"sku":"DIAMOND_100","quantity":5}]}`,
	})
	if err != nil {
		return err
	}
	_, err = t.show(ctx, visit{"GET", "/v1/orders/" + t.reference(), key, ""})
	return err
}

func (t *tour) atMarketacc(ctx context.Context) error {
	t.begin("marketacc's door: an order with a coupon, goods in the answer")
	_, err := t.show(ctx, visit{
		"POST", "/api/v2/orders",
		[][2]string{{"Authorization", "Bearer YOUR_API_KEY"}},
		`{"productId":315,"quantity":1,"coupon":"WELCOME10","idempotencyKey":"` + t.reference() + `"}`,
	})
	return err
}

func (t *tour) atAXCloud(ctx context.Context) error {
	t.begin("AX Cloud's door: two day tickets for a channel")
	_, err := t.show(ctx, visit{
		"POST", "/v1/channel/orders/day-ticket",
		[][2]string{{"Authorization", "Token " + ChannelKey}, {"Channel", "Code " + ChannelCode}},
		strings.Replace(channelOrder, "d96b3ed4-12c5-4fb5-ae22-4f39b11ee980", t.reference(), 1),
	})
	return err
}

// atBursaGB signs in first: the token is part of what follows.
func (t *tour) atBursaGB(ctx context.Context) error {
	t.begin("BursaGB's door: signing in, an order, and its line read back")
	answer, err := t.show(ctx, visit{
		"POST", "/Login/Customer/Api/Verify", nil, `{"Email":"reseller@example.com","Password":"` + Password + `"}`,
	})
	if err != nil {
		return err
	}
	var login struct{ Data struct{ Token string } }
	if err := json.Unmarshal(answer, &login); err != nil {
		return err
	}
	token := [][2]string{{"Authorization", "Bearer " + login.Data.Token}}
	answer, err = t.show(ctx, visit{
		"POST", "/Order/create", token,
		`{"basketData":[{"DeliverID":"` + t.reference() + `","CustomerStoreProductID":1,"Quantity":1,` +
			`"RequireData":[{"ProductRequireID":1,"Identifier":"userid","Value":"12341234"}]}],"BillingAddressID":1234}`,
	})
	if err != nil {
		return err
	}
	var placed struct {
		Data struct {
			Details []struct{ OrderDetailID int64 } `json:"details"`
		}
	}
	if err := json.Unmarshal(answer, &placed); err != nil {
		return err
	}
	for _, line := range placed.Data.Details {
		if _, err := t.show(ctx, visit{"GET", fmt.Sprintf("/Order/detail/%d", line.OrderDetailID), token, ""}); err != nil {
			return err
		}
	}
	return nil
}

// show sends one request and shows it with its answer, which must be a success.
func (t *tour) show(ctx context.Context, v visit) (answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, v.method, t.rest.base+v.path, strings.NewReader(v.body))
	if err != nil {
		return nil, err
	}
	t.printf("  %s\n", t.paint.sent(v.method+" "+v.path))
	for _, header := range v.headers {
		request.Header.Set(header[0], header[1])
		t.printf("    %s: %s\n", header[0], shortened(header[1]))
	}
	if v.body != "" {
		request.Header.Set("Content-Type", "application/json")
		t.printf("    %s\n", shortened(compacted([]byte(v.body))))
	}
	response, err := t.rest.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, &restError{Status: response.Status, Body: compacted(answer)}
	}
	t.printf("  %s %s\n", t.paint.good(response.Status), shortened(string(bytes.TrimSpace(answer))))
	return answer, nil
}

// shortened keeps what is shown on the screen.
func shortened(text string) string {
	const most = 400
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most]) + " …"
	}
	return text
}
