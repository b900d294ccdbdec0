package axcloud

import (
	"fmt"
	"net/http"
	"strings"

	"orderhub/server/door"
)

// say is an answer whose text is that of Django REST framework in Korean, which the
// partner's own service answers with.
func say(status int, text string) door.Answer { return door.Say(status, "", text) }

// textNoFunds: the account's balance does not cover the order.
const textNoFunds = "잔액이 부족합니다."

var (
	// errNoSuchCode: a path, or a code in it or in the body, that this channel does
	// not have.
	errNoSuchCode = notFound(nil)
	badQuery      = &door.Refusal{Status: http.StatusBadRequest, Message: "유효하지 않은 query입니다."}

	malformed   = say(http.StatusBadRequest, "잘못된 요청입니다.")
	forbidden   = say(http.StatusForbidden, "이 작업을 수행할 권한(permission)이 없습니다.")
	notFound    = say(http.StatusNotFound, "찾을 수 없습니다.")
	throttled   = say(http.StatusTooManyRequests, "요청이 지연(throttled)되었습니다.")
	serverFault = say(http.StatusInternalServerError, "서버 장애가 발생했습니다.")
)

// words are the partner's: {"detail", "message"}, or what is wrong with each field.
var words = door.Words{
	Body: body,
	Answers: map[door.Cause]door.Answer{
		door.NoRoute: notFound,
		door.MethodNotAllowed: door.Describe(func(e *door.MethodError) *door.Refusal {
			text := fmt.Sprintf("메소드(Method) \"%s\"는 허용되지 않습니다.", e.Method)
			return say(http.StatusMethodNotAllowed, text)(nil)
		}),

		door.Unauthenticated:   forbidden,
		door.Suspended:         forbidden,
		door.AddressNotAllowed: forbidden,
		door.ScopeMissing:      forbidden,

		door.BodyTooLarge: say(http.StatusRequestEntityTooLarge, "요청 본문이 너무 큽니다."),
		door.BodyBroken:   malformed,
		door.BodyNotJSON: door.Describe(func(e *door.TypeError) *door.Refusal {
			return unsupportedMediaType(e.Said)
		}),
		door.Malformed:     malformed,
		door.BodyNotObject: malformed,
		door.InvalidField:  malformed, // of what is about a field that the channel sent, there are fieldErrors

		door.OrderNotFound:       notFound,
		door.InsufficientBalance: say(http.StatusBadRequest, textNoFunds),
		door.TotalTooLarge:       say(http.StatusBadRequest, "주문 금액이 한도를 초과합니다."),

		door.RateLimited: throttled,
		door.Overloaded:  throttled,
		door.Busy:        throttled,
		door.Unavailable: serverFault,
		door.Unforeseen:  serverFault,
	},
}

func body(e *door.Refusal) any {
	if fields, ok := e.Details.(fieldErrors); ok {
		return fields
	}
	return wholeError{Detail: e.Message, Message: e.Message}
}

func unsupportedMediaType(contentType string) *door.Refusal {
	text := fmt.Sprintf("요청된 \"%s\"가 지원되지 않는 미디어 형태입니다.", short(contentType))
	return say(http.StatusUnsupportedMediaType, text)(nil)
}

// sentenceOf is what is wrong with a field of a body.
func sentenceOf(c *door.Complaint) string {
	switch {
	case c.Wrong == door.NotArray:
		return fmt.Sprintf("아이템 리스트가 예상되었으나 \"%s\"를 받았습니다.", kindNames[c.Got])
	case c.Wrong == door.TooMany && (c.Field == "tickets" || c.Field == "travelers"):
		return textTooManyPeople
	default:
		return c.Put(sentences[c.Wrong])
	}
}

var sentences = map[door.Wrong]string{
	door.Absent: textRequired, door.IsNull: textNull, door.NotText: textNotString, door.HoldsNUL: textNUL,
	door.NotInteger: textNotInteger, door.NotBool: textNotBoolean, door.TooFew: textEmptyList,

	door.TooLong: "이 필드의 글자 수가 {bound} 이하인지 확인하십시오.",
	door.TooLow:  "이 값이 {bound}보다 크거나 같은지 확인하십시오.",
	door.TooHigh: "이 값이 {bound}보다 작거나 같은지 확인하십시오.",
	door.TooMany: "이 필드의 항목이 {bound}개 이하인지 확인하십시오.",
}

// bounded is what is wrong with a number that a bound refuses.
func bounded(wrong door.Wrong, bound int64) string {
	return sentenceOf(&door.Complaint{Wrong: wrong, Bound: bound})
}

func atLeast(n int64) string { return bounded(door.TooLow, n) }

func atMost(n int64) string { return bounded(door.TooHigh, n) }

// What is wrong with a field.
const (
	textRequired   = "이 필드는 필수 항목입니다."
	textNull       = "이 필드는 null일 수 없습니다."
	textBlank      = "이 필드는 blank일 수 없습니다."
	textNUL        = "null 문자는 허용되지 않습니다."
	textNotString  = "유효한 문자열이 아닙니다."
	textNotBoolean = "유효한 불리언(boolean)이어야 합니다."
	textNotInteger = "유효한 정수(integer)를 넣어주세요."
	textNotNumber  = "유효한 숫자를 넣어주세요."
	textNotEmail   = "유효한 이메일 주소를 입력하십시오."
	textNotURL     = "유효한 URL을 입력하십시오."
	textNotMoment  = "Datetime의 포멧이 잘못되었습니다. 이 형식들 중 한가지를 사용하세요: " +
		"YYYY-MM-DD hh:mm:ss, YYYY-MM-DDThh:mm:ss[+HH:MM|-HH:MM|Z]."
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
	textWholeDigits = fmt.Sprintf(
		"소수점 자리 앞에 숫자(digits)가 %d 이하인지 확인하십시오.", maxWholeDigits,
	)
)

func notAChoice(input string) string {
	return fmt.Sprintf("\"%s\"이 유효하지 않은 선택(choice)입니다.", short(input))
}

func notAnObject(got door.Kind) string {
	const format = "유효하지 않은 데이터. 딕셔너리(dictionary)대신 %s를 받았습니다."
	return fmt.Sprintf(format, kindNames[got])
}

// kindNames are the framework's names of JSON's types.
var kindNames = map[door.Kind]string{
	door.Null: "NoneType", door.Bool: "bool", door.Number: "number", door.String: "str", door.Object: "dict",
	door.Array: "list",
}

// short keeps what is repeated of a request short.
func short(s string) string {
	const most = 100
	if characters := []rune(s); len(characters) > most {
		s = string(characters[:most])
	}
	return strings.ToValidUTF8(s, "?")
}
