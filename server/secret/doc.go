// Package secret owns what must not be readable at rest or in a log: sealing of
// contents and credentials with rotatable keys, fingerprints that find duplicates
// without showing them, API keys and their hashes, and the type for values that
// must never be printed. Where the results are kept belongs to the store.
package secret
