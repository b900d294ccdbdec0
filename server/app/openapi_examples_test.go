package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
	"orderhub/server/session"
)

// examples are those of the API's description, sent to a hub with the demo's data.
type examples struct {
	t           *testing.T
	h           *hub
	description *description
	answers     map[string]any // by operation
}

// exampleNeeds makes what an example needs, where neither the demo nor the example
// that its link names has it. It returns the value of the path's parameter.
var exampleNeeds = map[string]func(*examples) string{
	// The order of the example is completed before anybody can cancel it.
	"OrderService_CancelOrder": func(e *examples) string {
		character := map[string]any{"fields": map[string]any{"userid": "example"}}
		status, slow := e.h.place(demo.ResellerKey, newOrder("GOLD_SLOW", 1, character))
		require.Equal(e.t, http.StatusOK, status)
		return slow.OrderNumber
	},
	// Goods in stock are delivered at once, and only then the order can be erased.
	"OrderService_EraseOrder": func(e *examples) string {
		status, placed := e.h.place(demo.MerchantKey, newOrder("EMAIL_BASIC", 1))
		require.Equal(e.t, http.StatusOK, status)
		return placed.OrderNumber
	},
	// A unit is claimed once, and answered once.
	"ClaimService_CreateClaim": func(e *examples) string {
		status, placed := e.h.place(demo.MerchantKey, newOrder("EMAIL_BASIC", 1))
		require.Equal(e.t, http.StatusOK, status)
		return placed.OrderNumber
	},
	"ClaimService_AnswerClaim": func(e *examples) string { return newClaim(e, "EMAIL_BASIC") },
	// Only what was bought is passed to its provider.
	"ClaimService_DisputeClaim": func(e *examples) string { return newClaim(e, "DIAMOND_100") },
	"ClaimService_EndDispute": func(e *examples) string {
		id := newClaim(e, "DIAMOND_100")
		e.create("/hub/v1/claims/"+id+":dispute", map[string]any{})
		return id
	},
	// A hold ends once.
	"HoldService_ExtendHold":  newHold,
	"HoldService_ConfirmHold": newHold,
	"HoldService_ReleaseHold": newHold,
	// Nobody has to decide about an attempt whose outcome is known.
	"AdminService_ResolveAttempt": parkedAttempt,
	// Nor is a statement a proof of it.
	"ReconciliationService_SettleFinding": provenFinding,
	// Nobody is signed in.
	"OperatorService_RevokeOperatorSession": func(e *examples) string {
		ada := demo.Operators()[0]
		in, _, err := e.h.Sessions.SignIn(e.t.Context(), session.SignIn{Name: ada.Name, Password: ada.Password})
		require.NoError(e.t, err)
		return strconv.FormatInt(in.ID, 10)
	},
	// The examples of deposits and corrections are small enough not to wait.
	"ApprovalService_GetApproval": pendingApproval,
	"ApprovalService_Approve":     pendingApproval,
	"ApprovalService_Reject":      pendingApproval,
	"ApprovalService_Withdraw":    pendingApproval,
	// The demo buys from nobody who delivers by hand.
	"PurchaseService_GetPurchase":     waitingPurchase,
	"PurchaseService_TakePurchase":    waitingPurchase,
	"PurchaseService_ReleasePurchase": takenPurchase,
	"PurchaseService_DeliverPurchase": takenPurchase,
	"PurchaseService_RefusePurchase":  takenPurchase,
	// The example's list is not suspicious.
	"SupplyService_ApproveSync": heldSync,
	"SupplyService_RejectSync":  heldSync,
	"SupplyService_UndoSyncChange": func(e *examples) string {
		sync := heldSync(e)
		e.h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/syncs/"+sync+":approve", map[string]any{}, nil)
		var changed struct{ Changes []struct{ ID string } }
		e.h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/syncs/"+sync+"/changes", nil, &changed)
		require.NotEmpty(e.t, changed.Changes)
		return changed.Changes[0].ID
	},
}

// exampleBodies make what is sent, where it names what nobody knows before.
var exampleBodies = map[string]func(*examples) []byte{
	"RedemptionService_RedeemTicket": func(e *examples) []byte {
		today := time.Now().UTC().Format(time.DateOnly)
		e.create("/hub/v1/products/PARK_FEW/allotments:set", map[string]any{
			"allotments": []any{map[string]any{"useDate": today, "capacity": 10}},
		})
		status, placed := e.h.place(demo.ChannelKey, newOrder("PARK_FEW", 1, map[string]any{"useDate": today}))
		require.Equal(e.t, http.StatusOK, status)
		code := placed.Lines[0].Goods[0].TicketCode
		body, err := json.Marshal(map[string]string{"ticketCode": code, "reference": "gate-2-4711"})
		require.NoError(e.t, err)
		return body
	},
}

// newClaim claims a unit of an order that is completed.
func newClaim(e *examples, sku string) string {
	status, placed := e.h.place(demo.MerchantKey, newOrder(sku, 1))
	require.Equal(e.t, http.StatusOK, status)
	e.h.final(demo.OperatorKey, placed.OrderNumber)
	var made struct{ ID string }
	status = e.h.call(
		http.MethodPost, demo.OperatorKey, "/hub/v1/orders/"+placed.OrderNumber+"/claims",
		map[string]any{"reason": "CLAIM_REASON_NOT_WORKING"}, &made,
	)
	require.Equal(e.t, http.StatusOK, status)
	return made.ID
}

// keyFor is the demo's key that an operation is for.
func keyFor(o *operation) string {
	switch o.ID {
	case "OrderService_CancelOrder": // of another merchant's order
		return demo.OperatorKey
	case "OrderService_EraseRecipient", "OrderService_FindGoods": // of any merchant's
		return demo.OperatorKey
	}
	for _, service := range []string{
		"AccountService", "BatchService", "HoldService", "KeyService", "OrderService", "ReferenceService",
		"WebhookService",
	} {
		if strings.HasPrefix(o.ID, service) {
			return demo.MerchantKey
		}
	}
	return demo.OperatorKey
}

// try sends an operation's example and checks what is sent and answered.
func (e *examples) try(o *operation) {
	body := o.RequestBody.Content[inJSON].Example
	path := e.fill(o)
	if prepare, found := exampleBodies[o.ID]; found {
		body = prepare(e)
	}
	key := keyFor(o)
	if o.ID == "ApprovalService_Approve" || o.ID == "ApprovalService_Reject" { // which who asked cannot
		key = e.anotherOperator(o.ID)
	}
	if _, answersJSON := o.Responses["200"].Content[inJSON]; !answersJSON {
		e.tryDocument(o, key, path)
		return
	}
	status, text := e.send(o.verb, key, path, body)
	if !assert.Equal(e.t, 2, status/100, "%s %s %s: %s", o.ID, path, body, text) {
		return
	}
	var value any
	require.NoError(e.t, json.Unmarshal(text, &value), o.ID)
	e.answers[o.ID] = value
	e.check(o, text, "responses", "200", "content", inJSON, "schema")
	if body != nil {
		e.check(o, body, "requestBody", "content", inJSON, "schema")
	}
}

// check compares what was sent or answered with a schema of the operation.
func (e *examples) check(o *operation, value []byte, schema ...string) {
	here := append([]string{"paths", o.path, strings.ToLower(o.verb)}, schema...)
	assert.NoError(e.t, e.description.check(e.t, value, here...), "%s: %s", o.ID, value)
}

const inJSON = "application/json"

// send returns the body of an answer, which of a stream is its first line.
func (e *examples) send(verb, key, path string, body []byte) (status int, text []byte) {
	request, err := http.NewRequestWithContext(e.t.Context(), verb, e.h.base+path, bytes.NewReader(body))
	require.NoError(e.t, err)
	request.Header.Set("X-Api-Key", key)
	if body != nil {
		request.Header.Set("Content-Type", inJSON)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(e.t, err)
	defer answer.Body.Close()
	require.Equal(e.t, inJSON, answer.Header.Get("Content-Type"), path)
	if strings.HasSuffix(request.URL.Path, ":watch") || strings.Contains(request.URL.Path, "/exports/") {
		text, err = bufio.NewReader(answer.Body).ReadBytes('\n')
	} else {
		text, err = io.ReadAll(answer.Body)
	}
	require.NoError(e.t, err)
	return answer.StatusCode, text
}

// fill puts the examples of its parameters, and what answers told, into an
// operation's path.
func (e *examples) fill(o *operation) string {
	path, query := o.path, make(url.Values)
	for _, p := range o.Parameters {
		value := p.Example
		if l, linked := o.links[p.Name]; linked {
			value = e.follow(o, l)
		}
		switch {
		case value == nil:
			require.False(e.t, p.Required, "%s: %s has no value", o.ID, p.Name)
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(fmt.Sprint(value)))
		default:
			query.Set(p.Name, fmt.Sprint(value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// follow finds a parameter's value in the answer that the link names, which is asked
// for where its turn has not come yet. A list is read again until it has something.
func (e *examples) follow(o *operation, l link) (value any) {
	if prepare, found := exampleNeeds[o.ID]; found {
		return prepare(e)
	}
	e.await(func() bool {
		value = at(e.answers[l.from.ID], l.pointer)
		if value == nil && (l.from.verb == http.MethodGet || e.answers[l.from.ID] == nil) {
			e.try(l.from)
		}
		return value != nil
	}, o.ID+": nothing at "+l.pointer+" of "+l.from.ID)
	return value
}

// await waits until something is true.
func (e *examples) await(isTrue func() bool, otherwise string) {
	e.t.Helper()
	for deadline := time.Now().Add(time.Minute); !isTrue(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			e.t.Fatal(otherwise)
		}
	}
}

// at is what a JSON pointer points to; nil for nothing.
func at(value any, pointer string) any {
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[key]
		case []any:
			index, err := strconv.Atoi(key)
			if err != nil || index >= len(inner) {
				return nil
			}
			value = inner[index]
		default:
			return nil
		}
	}
	return value
}

// parkedAttempt buys from a provider that does not say whether it delivered, and
// can neither be asked nor be called again.
func parkedAttempt(e *examples) string {
	if e.h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/providers/forgetful", nil, nil) == http.StatusNotFound {
		fails := map[string]any{"on": "place", "do": "status_after"}
		e.create("/hub/v1/providers", map[string]any{
			"name": "forgetful", "connector": "sim",
			"settings": map[string]any{"notIdempotent": true, "notAskable": true, "faults": []any{fails}},
		})
		e.create("/hub/v1/products", map[string]any{
			"sku": "FORGOTTEN", "name": "Forgotten", "category": map[string]any{"slug": "epin"},
			"price": "1.00", "currency": "THB", "source": "PRODUCT_SOURCE_PROVIDER",
		})
		e.create("/hub/v1/offers", map[string]any{
			"product": "FORGOTTEN", "provider": "forgetful", "providerSku": "X", "cost": "1.00",
		})
	}
	status, _ := e.h.place(demo.MerchantKey, newOrder("FORGOTTEN", 1))
	require.Equal(e.t, http.StatusOK, status)
	const parked = "/hub/v1/attempts?provider=forgetful&status=ATTEMPT_STATUS_PARKED"
	var found struct {
		Attempts []struct {
			ID string `json:"id"`
		} `json:"attempts"`
	}
	e.await(func() bool {
		e.h.call(http.MethodGet, demo.OperatorKey, parked, nil, &found)
		return len(found.Attempts) > 0
	}, "no attempt is parked")
	return found.Attempts[0].ID
}

// waitingPurchase buys from a person who has not begun.
func waitingPurchase(e *examples) string {
	const queue = "/hub/v1/purchases?status=PURCHASE_STATUS_WAITING"
	var found struct {
		Purchases []struct {
			ID string `json:"id"`
		} `json:"purchases"`
	}
	if e.h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/providers/people", nil, nil) == http.StatusNotFound {
		e.create("/hub/v1/providers", map[string]any{"name": "people", "connector": "manual"})
		e.create("/hub/v1/products", map[string]any{
			"sku": "BY_HAND", "name": "By hand", "category": map[string]any{"slug": "epin"},
			"price": "1.00", "currency": "THB", "source": "PRODUCT_SOURCE_PROVIDER",
		})
		e.create("/hub/v1/offers", map[string]any{
			"product": "BY_HAND", "provider": "people", "providerSku": "X", "cost": "1.00",
		})
	}
	status, _ := e.h.place(demo.MerchantKey, newOrder("BY_HAND", 1))
	require.Equal(e.t, http.StatusOK, status)
	e.await(func() bool {
		e.h.call(http.MethodGet, demo.OperatorKey, queue, nil, &found)
		return len(found.Purchases) > 0
	}, "nobody is asked")
	return found.Purchases[0].ID
}

// takenPurchase is one that the operator has taken.
func takenPurchase(e *examples) string {
	id := waitingPurchase(e)
	e.create("/hub/v1/purchases/"+id+":take", map[string]any{})
	return id
}

// pendingApproval asks for what has to wait.
func pendingApproval(e *examples) string {
	var answer struct {
		Approval struct {
			ID string `json:"id"`
		} `json:"approval"`
	}
	status := e.h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/merchants/demo:deposit",
		map[string]any{"amount": "2000000.00"}, &answer)
	require.Equal(e.t, http.StatusOK, status)
	return answer.Approval.ID
}

// heldSync is a sync of the demo's simulator, whose list has nothing that it sells to the hub.
func heldSync(e *examples) string {
	p, err := e.h.Providers.Find(e.t.Context(), demo.SimulatorName)
	require.NoError(e.t, err)
	var settings map[string]any
	require.NoError(e.t, json.Unmarshal(p.Config, &settings))
	settings["items"] = []map[string]string{{"sku": "OTHER", "name": "Other", "cost": "1.00", "currency": "THB"}}
	p.Config, err = json.Marshal(settings)
	require.NoError(e.t, err)
	_, err = e.h.Providers.Update(e.t.Context(), p, nil)
	require.NoError(e.t, err)
	type sync struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	// One that was approved has switched its offers off: then nothing is suspicious.
	var approved struct{ Syncs []sync }
	e.h.call(
		http.MethodGet, demo.OperatorKey, "/hub/v1/syncs?status=SYNC_STATUS_APPLIED&provider="+p.Name, nil, &approved,
	)
	for _, s := range approved.Syncs {
		e.h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/syncs/"+s.ID+":undo", map[string]any{}, nil)
	}
	var held sync
	require.Eventually(e.t, func() bool { // the directory reads settings again within two seconds
		path := "/hub/v1/providers/" + p.Name + "/syncs"
		status := e.h.call(http.MethodPost, demo.OperatorKey, path, map[string]any{}, &held)
		return status == http.StatusOK && held.Status == "SYNC_STATUS_HELD"
	}, time.Minute, 100*time.Millisecond)
	return held.ID
}

// anotherOperator is the key of an operator who asked for nothing.
func (e *examples) anotherOperator(id string) string {
	name := "for-" + strings.ToLower(strings.ReplaceAll(id, "_", "-"))
	e.create("/hub/v1/operators", map[string]any{"name": name, "roles": []string{"OPERATOR_ROLE_FINANCE"}})
	var answer struct {
		Secret string `json:"secret"`
	}
	status := e.h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/operators/"+name+"/keys", map[string]any{}, &answer)
	require.Equal(e.t, http.StatusOK, status)
	return answer.Secret
}

func (e *examples) create(path string, body map[string]any) {
	require.Equal(e.t, http.StatusOK, e.h.call(http.MethodPost, demo.OperatorKey, path, body, nil), path)
}
