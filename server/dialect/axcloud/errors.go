package axcloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/fault"
	"orderhub/server/order"
)

// refusal is an answer that is about no field of the request.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

func (e *refusal) write(w http.ResponseWriter) {
	door.WriteJSON(w, e.status, wholeError{Detail: e.text, Message: e.text})
}

// errNoSuchCode: a path, or a code in it or in the body, that this channel does not
// have.
var errNoSuchCode = errors.New("no such code of this channel")

// The refusals there are. The texts are those of Django REST framework in Korean,
// which the partner's own service answers with.
var (
	malformed    = &refusal{http.StatusBadRequest, "잘못된 요청입니다."}
	badQuery     = &refusal{http.StatusBadRequest, "유효하지 않은 query입니다."}
	noCredit     = &refusal{http.StatusBadRequest, "잔액이 부족합니다."}
	tooExpensive = &refusal{http.StatusBadRequest, "주문 금액이 한도를 초과합니다."}
	forbidden    = &refusal{http.StatusForbidden, "이 작업을 수행할 권한(permission)이 없습니다."}
	notFound     = &refusal{http.StatusNotFound, "찾을 수 없습니다."}
	tooLarge     = &refusal{http.StatusRequestEntityTooLarge, "요청 본문이 너무 큽니다."}
	throttled    = &refusal{http.StatusTooManyRequests, "요청이 지연(throttled)되었습니다."}
	serverFault  = &refusal{http.StatusInternalServerError, "서버 장애가 발생했습니다."}
)

// refusals has the answer to each error of the domain and of the door. Errors that
// are about a field have become fieldErrors before.
var refusals = []struct {
	is     func(error) bool
	answer *refusal
}{
	{is(account.ErrUnauthenticated), forbidden},
	{is(account.ErrSuspended), forbidden},
	{is(account.ErrAddressNotAllowed), forbidden},
	{is(order.ErrMerchantSuspended), forbidden},
	{is(errNoSuchCode), notFound},
	{is(order.ErrNotFound), notFound},
	{is(door.ErrMalformed), malformed},
	{is(door.ErrBodyBroken), malformed},
	{is(door.ErrBodyTooLarge), tooLarge},
	{as[*order.InsufficientBalanceError], noCredit},
	{as[*order.TotalTooLargeError], tooExpensive},
	{as[*fault.InvalidError], malformed},
	{as[*account.RateLimitedError], throttled},
	{as[*order.RetryLaterError], throttled},
	{passes, serverFault},
}

// comeBack is when to repeat after a fault that passes by itself.
const comeBack = time.Second

// passes reports a fault that does: the storage is away, or was too slow.
func passes(err error) bool {
	return errors.Is(err, fault.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// refuse answers with what err means to a channel.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var fields fieldErrors
	if errors.As(err, &fields) {
		door.WriteJSON(w, http.StatusBadRequest, fields)
		return
	}
	answer := refusalOf(err)
	if after, ok := retryAfter(err); ok {
		door.RetryAfter(w, after)
	}
	if answer == serverFault && r.Context().Err() == nil {
		d.hub.Log.ErrorContext(r.Context(), "request failed", "door", name, "error", err)
	}
	answer.write(w)
}

func refusalOf(err error) *refusal {
	var own *refusal
	if errors.As(err, &own) {
		return own
	}
	for _, row := range refusals {
		if row.is(err) {
			return row.answer
		}
	}
	return serverFault
}

func retryAfter(err error) (time.Duration, bool) {
	var limited *account.RateLimitedError
	var later *order.RetryLaterError
	switch {
	case errors.As(err, &limited):
		return limited.RetryAfter, true
	case errors.As(err, &later):
		return later.After, true
	case passes(err):
		return comeBack, true
	}
	return 0, false
}

func methodNotAllowed(method string) error {
	return &refusal{http.StatusMethodNotAllowed, fmt.Sprintf("메소드(Method) \"%s\"는 허용되지 않습니다.", method)}
}

func unsupportedMediaType(contentType string) error {
	return &refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("요청된 \"%s\"가 지원되지 않는 미디어 형태입니다.", short(contentType))}
}

// What is wrong with a field.
const (
	textRequired      = "이 필드는 필수 항목입니다."
	textNull          = "이 필드는 null일 수 없습니다."
	textBlank         = "이 필드는 blank일 수 없습니다."
	textNUL           = "null 문자는 허용되지 않습니다."
	textNotString     = "유효한 문자열이 아닙니다."
	textNotBoolean    = "유효한 불리언(boolean)이어야 합니다."
	textNotInteger    = "유효한 정수(integer)를 넣어주세요."
	textNotNumber     = "유효한 숫자를 넣어주세요."
	textNotEmail      = "유효한 이메일 주소를 입력하십시오."
	textNotURL        = "유효한 URL을 입력하십시오."
	textNotMoment     = "Datetime의 포멧이 잘못되었습니다. 이 형식들 중 한가지를 사용하세요: YYYY-MM-DD hh:mm:ss, YYYY-MM-DDThh:mm:ss[+HH:MM|-HH:MM|Z]."
	textEmptyList     = "이 리스트는 비어 있을 수 없습니다."
	textNotUnique     = "이 칸은 반드시 고유해야 합니다."
	textTooManyPeople = "quantity보다 많을 수 없습니다."
	textBothNames     = "같은 항목을 두 이름으로 보낼 수 없습니다."
	textDisagrees     = "channel_status와 일치해야 합니다."
	textInvalid       = "값이 유효하지 않습니다."
	textNoSuchDay     = "이 날짜에는 판매하지 않습니다."
	textNotOption     = "이 상품의 옵션이 아닙니다."
)

var (
	textDecimals    = fmt.Sprintf("소수점 자릿수가 %d 이하인지 확인하십시오.", maxDecimals)
	textWholeDigits = fmt.Sprintf("소수점 자리 앞에 숫자(digits)가 %d 이하인지 확인하십시오.", maxWholeDigits)
)

func atLeast(n int64) string {
	return fmt.Sprintf("이 값이 %d보다 크거나 같은지 확인하십시오.", n)
}

func atMost(n int64) string {
	return fmt.Sprintf("이 값이 %d보다 작거나 같은지 확인하십시오.", n)
}

func atMostCharacters(n int) string {
	return fmt.Sprintf("이 필드의 글자 수가 %d 이하인지 확인하십시오.", n)
}

func atMostItems(n int) string {
	return fmt.Sprintf("이 필드의 항목이 %d개 이하인지 확인하십시오.", n)
}

func notAChoice(input string) string {
	return fmt.Sprintf("\"%s\"이 유효하지 않은 선택(choice)입니다.", short(input))
}

func notAnObject(got door.Kind) string {
	return fmt.Sprintf("유효하지 않은 데이터. 딕셔너리(dictionary)대신 %s를 받았습니다.", kindNames[got])
}

func notAList(got door.Kind) string {
	return fmt.Sprintf("아이템 리스트가 예상되었으나 \"%s\"를 받았습니다.", kindNames[got])
}

// kindNames are the framework's names of JSON's types.
var kindNames = map[door.Kind]string{
	door.Null: "NoneType", door.Bool: "bool", door.Number: "number", door.String: "str", door.Object: "dict", door.Array: "list",
}

// short keeps what is repeated of a request short.
func short(s string) string {
	const most = 100
	if characters := []rune(s); len(characters) > most {
		s = string(characters[:most])
	}
	return strings.ToValidUTF8(s, "?")
}
