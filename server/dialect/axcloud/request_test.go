package axcloud_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/axcloud"
	"orderhub/server/door/doortest"
	"orderhub/server/order"
)

// Requests that are refused before the hub is asked, each with what is said about it.
func TestFieldErrors(t *testing.T) {
	h := doortest.SQLite(t)
	c := newChannel(t, h, axcloud.Config{})
	const (
		one   = "create_order_request_required_only.json"
		two   = "create_order_request.json"
		later = "create_order_request_later_names.json"
	)
	for _, test := range []struct {
		name    string
		request string
		answer  string
	}{
		{"currency", request(t, one, `"KRW"`, `"JPY"`), `{"order": {"currency": ["\"JPY\"이 유효하지 않은 선택(choice)입니다."]}}`},
		{"early currency", request(t, one, `"KRW"`, `"1"`), `{"order": {"currency": ["\"1\"이 유효하지 않은 선택(choice)입니다."]}}`},
		{"status", request(t, one, `"New"`, `"Confirmed"`), read(t, "error_400_status.json")},
		{"early status", request(t, one, `"New"`, `"1"`), `{"order": {"status": ["\"1\"이 유효하지 않은 선택(choice)입니다."]}}`},
		{"status number", request(t, one, `"New"`, `1`), `{"order": {"status": ["\"1\"이 유효하지 않은 선택(choice)입니다."]}}`},
		{"too many people", request(t, two, `"quantity": 2`, `"quantity": 1`), read(t, "error_400_too_many_tickets.json")},
		{
			"null list", `{"depth_combinations": null,` + request(t, one)[strings.Index(request(t, one), `"order"`):],
			read(t, "error_400_null_list.json"),
		},
		{
			"empty list", `{"depth_combinations": [],` + request(t, one)[strings.Index(request(t, one), `"order"`):],
			`{"depth_combinations": ["이 리스트는 비어 있을 수 없습니다."]}`,
		},
		{
			"missing parts", request(t, one)[:strings.Index(request(t, one), `"purchaser"`)] + `"x": 1}`,
			read(t, "error_400_missing_top_level.json"),
		},
		{
			"nested",
			request(
				t, two, `"quantity": 2`, `"quantity": "two"`, `jun.kim@mail.example`, `jun.kim`, `"KRW"`, `"JPY"`,
				`"channel_order_code": "KT-20260418-000731",`, ``,
			),
			read(t, "error_400_nested.json"),
		},
		{"nothing", `{}`, `{"depth_combinations": ["이 필드는 필수 항목입니다."], "order": ["이 필드는 필수 항목입니다."],
			"purchaser": ["이 필드는 필수 항목입니다."], "representative": ["이 필드는 필수 항목입니다."]}`},
		{"wrong shapes", `{"depth_combinations": {}, "order": [], "purchaser": "x", "representative": 1}`, `{
			"depth_combinations": ["아이템 리스트가 예상되었으나 \"dict\"를 받았습니다."],
			"order": ["유효하지 않은 데이터. 딕셔너리(dictionary)대신 list를 받았습니다."],
			"purchaser": ["유효하지 않은 데이터. 딕셔너리(dictionary)대신 str를 받았습니다."],
			"representative": ["유효하지 않은 데이터. 딕셔너리(dictionary)대신 number를 받았습니다."]}`},
		{
			"blank", request(t, one, `"name": "Kim Haneul"`, `"name": " "`),
			`{"depth_combinations": [{"tickets": [{"name": ["이 필드는 blank일 수 없습니다."]}]}],
			"purchaser": {"name": ["이 필드는 blank일 수 없습니다."]}, "representative": {"name": ["이 필드는 blank일 수 없습니다."]}}`,
		},
		{
			"number for a string", request(t, one, `"01055501234"`, `1055501234`),
			`{"depth_combinations": [{"tickets": [{"phone": ["유효한 문자열이 아닙니다."]}]}],
			"purchaser": {"phone": ["유효한 문자열이 아닙니다."]}, "representative": {"phone": ["유효한 문자열이 아닙니다."]}}`,
		},
		{
			"no extra of the purchaser", request(t, one, `"extra": ""`, `"x": ""`),
			`{"purchaser": {"extra": ["이 필드는 필수 항목입니다."]}}`,
		},
		{
			"null extra of the purchaser", request(t, one, `"extra": ""`, `"extra": null`),
			`{"purchaser": {"extra": ["이 필드는 null일 수 없습니다."]}}`,
		},
		{
			"voucher", request(t, one, `"is_voucher": false`, `"is_voucher": "false"`),
			`{"order": {"is_voucher": ["유효한 불리언(boolean)이어야 합니다."]}}`,
		},
		{
			"money", request(t, one, `"sub_total": "18000"`, `"sub_total": "18000.123456"`, `"total": "18000"`, `"total": -1`),
			`{"order": {"sub_total": ["소수점 자릿수가 5 이하인지 확인하십시오."], "total": ["이 값이 0보다 크거나 같은지 확인하십시오."]}}`,
		},
		{
			"day", request(t, one, `"use_date": "2026-05-09 00:00:00"`, `"use_date": "09.05.2026"`),
			`{"depth_combinations": [{"use_date": ["Datetime의 포멧이 잘못되었습니다. 이 형식들 중 한가지를 사용하세요: YYYY-MM-DD hh:mm:ss, ` +
				`YYYY-MM-DDThh:mm:ss[+HH:MM|-HH:MM|Z]."]}]}`,
		},
		{
			"date for a datetime", request(t, one, `"purchased_at": "2026-04-18 02:11:40"`, `"purchased_at": "2026-04-18"`),
			`{"order": {"purchased_at": ["Datetime의 포멧이 잘못되었습니다. 이 형식들 중 한가지를 사용하세요: YYYY-MM-DD hh:mm:ss, ` +
				`YYYY-MM-DDThh:mm:ss[+HH:MM|-HH:MM|Z]."]}}`,
		},
		{
			"additional", request(t, two, `"korean_name": "김준"`, `"korean_name": 1`),
			`{"depth_combinations": [{"tickets": [{}, {"additional": {"korean_name": ["유효한 문자열이 아닙니다."]}}]}]}`,
		},
		{
			"both names of the people", request(t, one, `"tickets"`, `"travelers": [], "tickets"`),
			`{"depth_combinations": [{"travelers": ["같은 항목을 두 이름으로 보낼 수 없습니다."]}]}`,
		},
		{
			"both names of the option", request(t, one, `"dc_code"`, `"option_code": "x", "dc_code"`),
			`{"depth_combinations": [{"dc_code": ["같은 항목을 두 이름으로 보낼 수 없습니다."]}]}`,
		},
		{
			"both names of the lines", request(t, one, `"order": {`, `"options": [], "order": {`),
			`{"depth_combinations": ["같은 항목을 두 이름으로 보낼 수 없습니다."],
			"options": ["이 리스트는 비어 있을 수 없습니다."]}`,
		},
		{
			"both names of the code", request(t, one, `"channel_order_code"`, `"channel_order_id": "x", "channel_order_code"`),
			`{"order": {"channel_order_id": ["같은 항목을 두 이름으로 보낼 수 없습니다."]}}`,
		},
		{
			"later names", request(t, later, dayOption, ``, `"inventory_at": "2026-05-09T00:00:00Z",`, ``),
			`{"options": [{"option_code": ["이 필드는 blank일 수 없습니다."], "inventory_at": ["이 필드는 필수 항목입니다."]}]}`,
		},
		{
			"element that is no object",
			`{"depth_combinations": [1],` + request(t, one)[strings.Index(request(t, one), `"order"`):],
			`{"depth_combinations": [{"non_field_errors": ["유효하지 않은 데이터. 딕셔너리(dictionary)대신 number를 받았습니다."]}]}`,
		},
		{
			"too many lines",
			`{"depth_combinations": [` + strings.Repeat("{},", order.MaxLines) + `{}],` +
				request(t, one)[strings.Index(request(t, one), `"order"`):],
			`{"depth_combinations": ["이 필드의 항목이 100개 이하인지 확인하십시오."]}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) { c.in(t).create(test.request).is(http.StatusBadRequest, test.answer) })
	}
	for quantity, text := range map[string]string{
		`0`: "이 값이 1보다 크거나 같은지 확인하십시오.", `-1`: "이 값이 1보다 크거나 같은지 확인하십시오.",
		`"-99999999999999999999"`: "이 값이 1보다 크거나 같은지 확인하십시오.",
		`1.5`:                     "유효한 정수(integer)를 넣어주세요.", `"x"`: "유효한 정수(integer)를 넣어주세요.",
		`""`:   "유효한 정수(integer)를 넣어주세요.",
		`true`: "유효한 정수(integer)를 넣어주세요.", `[1]`: "유효한 정수(integer)를 넣어주세요.", `1e3`: "유효한 정수(integer)를 넣어주세요.",
		`null`: "이 필드는 null일 수 없습니다.", `99999999999999999999`: "이 값이 1000000보다 작거나 같은지 확인하십시오.",
		`1000001`: "이 값이 1000000보다 작거나 같은지 확인하십시오.",
	} {
		c.create(request(t, one, `"quantity": 1`, `"quantity": `+quantity)).is(
			http.StatusBadRequest, `{"depth_combinations": [{"quantity": ["`+text+`"]}]}`,
		)
	}
	for _, email := range []string{
		"", "x", "@", "a@b", "a@@b.example", "a b@c.example", "a@b..example", "a@-b.example", "a@b.example\\n",
		"a..b@c.example", "a@b.example, c@d.example",
	} {
		c.create(request(t, one, `haneul.kim@mail.example`, email)).has(http.StatusBadRequest)
	}
	count, err := h.Orders.Count(t.Context(), order.ByOperator(), order.Filter{})
	require.NoError(t, err)
	require.Zero(t, count)

	// What is unusual and accepted all the same.
	accepted := 0
	for name, body := range map[string]string{
		"quantity text":  request(t, one, `"quantity": 1`, `"quantity": "001"`),
		"unknown fields": request(t, one, `"is_voucher"`, `"x": [{"y": null}], "is_voucher"`),
		"optional nulls": request(
			t, one, `"is_voucher"`, `"discount": null, "comment": null, "reserved_at": null, "is_voucher"`,
		),
		"equal codes":     request(t, one, `"status"`, `"channel_order_id": "KT-20260418-000733", "status"`),
		"dollars":         request(t, one, `"KRW"`, `"USD"`),
		"same code twice": request(t, one, `"currency"`, `"currency": "JPY", "currency"`),
		"odd mail":        request(t, one, `haneul.kim@mail.example`, `o'neil+x@münchen.xn--p1ai`),
		"number forms":    request(t, one, `"total": "18000"`, `"total": 1.8E4`),
	} {
		t.Run(name, func(t *testing.T) {
			accepted++
			code := "accepted " + name
			c.in(t).create(strings.ReplaceAll(body, "KT-20260418-000733", code)).has(http.StatusCreated)
		})
	}
	require.Equal(t, 8, accepted)
}

func TestCancelBodies(t *testing.T) {
	h := doortest.SQLite(t)
	c := newChannel(t, h, axcloud.Config{})
	ax, tickets := c.create(request(t, "create_order_request.json")).codes()
	for body, answer := range map[string]string{
		`{}`:                                    `{"channel_status": ["이 필드는 필수 항목입니다."]}`,
		`{"channel_status": null}`:              `{"channel_status": ["이 필드는 null일 수 없습니다."]}`,
		`{"channel_status": ["New"]}`:           `{"channel_status": ["\"\"이 유효하지 않은 선택(choice)입니다."]}`,
		`{"channel_status": "Supplier reject"}`: read(t, "error_400_cancel_status.json"),
		`{"channel_status": "traveler cancel"}`: `{"channel_status": ["\"traveler cancel\"이 유효하지 않은 선택(choice)입니다."]}`,
		`{"channel_status": "New", "ax_status": "Traveler cancel"}`: `{"ax_status": ["channel_status와 일치해야 ` +
			`합니다."]}`,
		`{"channel_order_status": "New", "ax_order_status": "x"}`: `{"ax_order_status": ["\"x\"이 유효하지 않은 ` +
			`선택(choice)입니다."]}`,
		`{"channel_status": "New", "channel_order_status": "Traveler cancel"}`: `{"channel_order_status": ["같은 항목을 두 이름으로 ` +
			`보낼 수 없습니다."]}`,
		`{"channel_status": "New", "comment": 1}`: `{"comment": ["유효한 문자열이 아닙니다."]}`,
	} {
		c.patch(ordersPath+"/"+ax, body).is(http.StatusBadRequest, answer)
	}
	for body, answer := range map[string]string{
		`{}`:                                  `{"status": ["이 필드는 필수 항목입니다."]}`,
		`{"status": "Used"}`:                  `{"status": ["\"Used\"이 유효하지 않은 선택(choice)입니다."]}`,
		`{"status": "Traveler cancel"}`:       `{"status": ["\"Traveler cancel\"이 유효하지 않은 선택(choice)입니다."]}`,
		`{"status": "new"}`:                   `{"status": ["\"new\"이 유효하지 않은 선택(choice)입니다."]}`,
		`{"status": 4}`:                       `{"status": ["유효한 문자열이 아닙니다."]}`,
		`{"status": "New", "comment": ["x"]}`: `{"comment": ["유효한 문자열이 아닙니다."]}`,
	} {
		c.patch(ticketPath(ax, tickets[0]), body).is(http.StatusBadRequest, answer)
	}
	require.Contains(t, []string{"New", "Supplier confirm"}, c.status(ax))
}

// What is no request of the contract at all is refused in its words, quickly.
func TestHostile(t *testing.T) {
	h := doortest.SQLite(t)
	c := newChannel(t, h, axcloud.Config{})
	seed := read(t, "seed_create_order_request.json")
	for name, body := range map[string]string{
		"empty": "", "blank": " \n", "text": "hello", "truncated": seed[:len(seed)/2], "trailing": seed + "{}",
		"list": "[" + seed + "]", "null": "null",
		"utf-8":       strings.Replace(seed, "first", "\xff", 1),
		"deep":        strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"deep inside": strings.Replace(seed, `"01012345678"`, strings.Repeat(`{"a":`, 40)+`1`+strings.Repeat(`}`, 40), 1),
		"NaN":         strings.Replace(seed, "2222", "NaN", 1), "single quotes": strings.ReplaceAll(seed, `"`, `'`),
		"comment": "// x\n" + seed,
	} {
		t.Run(name, func(t *testing.T) {
			c.in(t).create(body).like(http.StatusBadRequest, "error_400_malformed_json.json")
			c.in(t).patch(ordersPath+"/"+unknownCode, body).has(http.StatusBadRequest)
			c.in(t).patch(ticketPath(unknownCode, unknownCode), body).has(http.StatusBadRequest)
			c.in(t).post(productsPath+"/registration/"+dayProduct, body).has(http.StatusBadRequest)
		})
	}

	c.create(`{"x": "` + strings.Repeat("x", 2<<20) + `"}`).has(http.StatusRequestEntityTooLarge)
	began := time.Now()
	for _, body := range []string{
		strings.Replace(seed, `"quantity": 2`, `"quantity": 1000000`, 1)[:len(seed)-10],
		`{"depth_combinations": [{"quantity": 1000000, "tickets": [` + strings.Repeat("{},", 300_000) + `{}]}]}`,
		`{"depth_combinations": [{"quantity": 0, "tickets": [` + strings.Repeat("1,", 400_000) + `1]}]}`,
		`{"order": {"total": ` + strings.Repeat("9", 1_000_000) + `}}`,
		`{"order": {"status": "` + strings.Repeat("가", 300_000) + `"}}`,
		`{"purchaser": {"email": "` + strings.Repeat("a.", 500_000) + `"}}`,
		`{"purchaser": {"additional": {` + strings.Repeat(`"a":1,`, 150_000) + `"b": 2}}}`,
	} {
		r := c.create(body).has(http.StatusBadRequest)
		require.Less(t, len(r.text), 2<<20)
	}
	require.Less(t, time.Since(began), time.Minute, "validation once took half a minute for one of these")

	for _, path := range []string{
		"/v1/channel", "/v1/channel/", "/v1/channel/orders", "/v1/channel/orders/tour", ordersPath + "//",
		ordersPath + "/" + unknownCode + "/tickets",
		ordersPath + "/%2e%2e", ordersPath + "/a%2Fb", "/v1/channel/%6frders",
	} {
		c.get(path).like(http.StatusNotFound, "error_404.json")
	}
	c.send(http.MethodDelete, ordersPath, "").like(http.StatusMethodNotAllowed, "error_405.json")
	for path, allow := range map[string]string{
		ordersPath: "POST", ordersPath + "/" + unknownCode: "GET, PATCH", ticketPath("a", "b"): "PATCH", productsPath: "GET",
		productsPath + "/registration/a": "POST", "/v1/channel/price/day-ticket/a": "GET",
		"/v1/channel/inventory/day-ticket/a/": "GET",
	} {
		r := c.send(http.MethodDelete, path, "").has(http.StatusMethodNotAllowed)
		require.Equal(t, allow, r.header.Get("Allow"), path)
	}
	require.Equal(t, http.StatusOK, c.send(http.MethodHead, productsPath, "").status)

	credentials := []string{"Authorization", "Token api_key_secret", "Channel", "Code code_secret", "Content-Type"}
	c.with(append(credentials, "text/plain")...).create(seed).like(http.StatusUnsupportedMediaType, "error_415.json")
	c.with(append(credentials, "application/x-www-form-urlencoded")...).create(seed).has(http.StatusUnsupportedMediaType)
	c.with(append(credentials, "application/vnd.api+json; a")...).create(seed).has(http.StatusUnsupportedMediaType)
	for i, contentType := range []string{"", "application/json; charset=utf-8", "Application/JSON", "application/json;"} {
		c.with(append(credentials, contentType)...).
			create(strings.Replace(seed, "d96b3ed4", "d96b3ed"+string(rune('a'+i)), 1)).has(http.StatusCreated)
	}
}

// A fault of the hub has the partner's words.
func TestFault(t *testing.T) {
	h := doortest.SQLite(t)
	d := axcloud.New(h.Doors, axcloud.Config{})
	r := httptest.NewRecorder()
	d.Panicked(r, httptest.NewRequest(http.MethodGet, ordersPath, nil))
	require.Equal(t, http.StatusInternalServerError, r.Code)
	require.JSONEq(t, read(t, "error_500.json"), r.Body.String())
}
