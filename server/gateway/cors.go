package gateway

import (
	"net/http"

	"github.com/rs/cors"
)

// corsMaxAge is how many seconds a browser may remember what it may send.
const corsMaxAge = 600

// crossOrigin lets pages of these origins, and of no others, call the contract
// from a browser. There are no cookies, so that no page acts with a visitor's
// rights. Without origins every browser keeps to itself what it gets here.
func crossOrigin(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next // an empty list would mean any to the library
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Content-Type", "Grpc-Timeout", lastEventID, "X-Api-Key", requestIDHeader,
		},
		ExposedHeaders: []string{"Allow", "Retry-After", requestIDHeader},
		MaxAge:         corsMaxAge,
	}).Handler(next)
}
